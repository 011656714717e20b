//! `bailiwick init`: a first installation, ready to serve.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::config::{self, Settings};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::keyfile::write_new;
use crate::wire;

/// Write bailiwick.toml, keys and database, and print the admin token once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick init acme && cd acme && bailiwick serve\n\n\
    A directory that holds an installation is left as it is.")]
pub(crate) struct Arguments {
    /// Where; the present directory when left out.
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// The SPIFFE trust domain that agents' subjects are named in.
    #[arg(long, value_name = "DOMAIN", default_value = "acme.example")]
    trust_domain: String,
}

pub(crate) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let file = arguments.dir.join(config::FILE_NAME);
    if file.exists() {
        return Err(Failure::refused(format!("{} exists and is not overwritten", file.display()))
            .hint("choose another directory"));
    }
    let text = TEMPLATE.replace("acme.example", &arguments.trust_domain);
    let base = std::path::absolute(&arguments.dir).map_err(Failure::refused)?;
    let settings = config::parse(&text, &base).map_err(config::Unusable::Wrong)?.settings;
    std::fs::create_dir_all(&arguments.dir).map_err(|error| {
        Failure::refused(format!("{} cannot be made: {error}", arguments.dir.display()))
    })?;
    let made = wire::install(&settings, &invocation.sources()).await.map_err(Failure::refused)?;
    write_new(&file, text.as_bytes(), 0o644)?;
    say(&file, &settings, &made, invocation);
    Ok(())
}

fn say(file: &Path, settings: &Settings, made: &wire::Installed, invocation: &Invocation) {
    let token = made.token.as_str();
    let welcome = made.welcome.as_ref().map(|link| link.as_str());
    let issuer = format!("http://{}", settings.authority.listen);
    let gateway = format!("http://{}", settings.gateway.listen);
    let value = json!({
        "config": file.display().to_string(), "admin_token": token,
        "issuer": issuer, "gateway": gateway, "welcome": welcome,
    });
    invocation.output.say(&value, || {
        format!(
            "configuration  {0}\n\
             gateway        {gateway}\n\
             authority      {issuer}\n\
             admin token    {token}    (shown this once)\n\
             first person   {1}    (open it within a day; it works once)\n\n\
             Next:\n  \
             describe an [[api]] in {0}\n  \
             bailiwick serve --config {0}\n\n\
             and in another shell:\n  \
             export BAILIWICK_URL={issuer} BAILIWICK_TOKEN={token}\n  \
             bailiwick agent add my-agent --owner me --scope items:read",
            file.display(),
            welcome.unwrap_or("needs an issuer with a name"),
        )
    });
}

const TEMPLATE: &str = r#"# What is written here is what happens: a key that does nothing is
# refused. Left out, a key has the value shown.

trust_domain = "acme.example"      # agents are spiffe://acme.example/<project>/<name>
data_dir = "data"                  # keys, journal, ledger, SQLite: back it up

[gateway]
listen = "127.0.0.1:8700"          # where agents call
# public_url = "https://gateway.acme.example"
# tls = { cert = "gateway.pem", key = "gateway.key" }

[authority]
listen = "127.0.0.1:8701"          # administration, tokens, the published ledger
# issuer = "https://authority.acme.example"

[store]
url = "sqlite:data/bailiwick.db"   # or postgres://…
fast = "memory"                    # or redis://…, shared by several gateways

[ledger]
durability = "process"             # a record survives a kill; "disk": a power loss too

[signature]
window_seconds = 60                # the most a signed request may stay valid

[token]
ttl_seconds = 900
bound = true                       # a token works only with the agent's key

# [[api]]
# name = "acme"
# prefix = "/acme"                 # http://127.0.0.1:8700/acme/… goes to the upstream
# upstream = "http://127.0.0.1:9000"
#
# [[api.operation]]                # whatever is not described is refused
# method = "GET"
# path = "/tickets/{id}"
# scopes = ["tickets:read"]
# limit = "60/min"
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_configuration_is_a_good_one_also_when_its_comments_are_taken_away() {
        config::parse(TEMPLATE, Path::new("/srv")).unwrap();
        let api = TEMPLATE.split("# [[api]]").nth(1).unwrap().replace("\n# ", "\n");
        let api = api.replace("\n#\n", "\n");
        let whole = format!("{TEMPLATE}\n[[api]]{api}");
        let settings = config::parse(&whole, Path::new("/srv")).unwrap().settings;
        assert_eq!(settings.apis[0].operations.len(), 1);
    }
}
