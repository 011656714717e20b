//! What can be written on the command line.

use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    agent, api, approval, audit, completions, demo, fetch, grant, init, invite, issuer, key,
    operator, person, policy, project, serve, signal_stream, signing_key, task, token,
};
use crate::failure::Failure;
use crate::invocation::Invocation;

const EXAMPLES: &str = "\
See it work, with nothing installed:
  bailiwick demo

A first installation:
  bailiwick init acme && cd acme
  bailiwick serve
  export BAILIWICK_TOKEN=bwa_…            # printed by init, once
  bailiwick agent add ticket-summarizer --owner support --scope tickets:read
  bailiwick key new summarizer.jwk > summarizer.pub
  bailiwick key add ticket-summarizer --jwk summarizer.pub
  bailiwick fetch --key summarizer.jwk --agent ticket-summarizer http://127.0.0.1:8700/acme/tickets

Exit codes: 0 done, 1 refused or not found, 2 usage or configuration, 3 server not reached.";

/// Identity and access for AI agents.
#[derive(Debug, Parser)]
#[command(name = "bailiwick", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print JSON for programs.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,

    /// The configuration file; ./bailiwick.toml when left out.
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Serve(serve::Arguments),
    Demo(demo::Arguments),
    #[command(subcommand)]
    Agent(agent::Command),
    #[command(subcommand)]
    Key(key::Command),
    #[command(subcommand)]
    Invite(invite::Command),
    #[command(subcommand)]
    Issuer(issuer::Command),
    #[command(subcommand)]
    SigningKey(signing_key::Command),
    #[command(subcommand)]
    SignalStream(signal_stream::Command),
    #[command(subcommand)]
    Operator(operator::Command),
    #[command(subcommand)]
    Person(person::Command),
    #[command(subcommand)]
    Project(project::Command),
    #[command(subcommand)]
    Api(api::Command),
    #[command(subcommand)]
    Approval(approval::Command),
    #[command(subcommand)]
    Policy(policy::Command),
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    Task(task::Command),
    #[command(subcommand)]
    Grant(grant::Command),
    Fetch(fetch::Arguments),
    #[command(subcommand)]
    Audit(audit::Command),
    Completions(completions::Arguments),
}

impl Arguments {
    /// Does what was asked for.
    pub(crate) async fn run(self, invocation: &Invocation) -> Result<(), Failure> {
        match self.command {
            Command::Init(arguments) => init::run(&arguments, invocation).await,
            Command::Serve(arguments) => serve::run(&arguments, invocation).await,
            Command::Demo(arguments) => demo::run(&arguments, invocation).await,
            Command::Agent(command) => agent::run(&command, invocation).await,
            Command::Key(command) => key::run(&command, invocation).await,
            Command::Invite(command) => invite::run(&command, invocation).await,
            Command::Issuer(command) => issuer::run(&command, invocation).await,
            Command::SigningKey(command) => signing_key::run(&command, invocation).await,
            Command::SignalStream(command) => signal_stream::run(&command, invocation).await,
            Command::Operator(command) => operator::run(&command, invocation).await,
            Command::Person(command) => person::run(&command, invocation).await,
            Command::Project(command) => project::run(&command, invocation).await,
            Command::Api(command) => api::run(&command, invocation).await,
            Command::Approval(command) => approval::run(&command, invocation).await,
            Command::Policy(command) => policy::run(&command, invocation).await,
            Command::Token(command) => token::run(&command, invocation).await,
            Command::Task(command) => task::run(&command, invocation).await,
            Command::Grant(command) => grant::run(&command, invocation).await,
            Command::Fetch(arguments) => fetch::run(&arguments, invocation).await,
            Command::Audit(command) => audit::run(&command, invocation).await,
            Command::Completions(arguments) => {
                completions::run(&arguments, Self::command());
                Ok(())
            }
        }
    }
}
