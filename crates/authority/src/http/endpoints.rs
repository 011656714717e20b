//! Every endpoint of the authority, in one place.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::{
    agent_states, agents, api_documents, apis, approvals, clients, credentials, grants, invites,
    issuers, operators, people, policies, projects, proposal, records, requests, signal_streams,
    signing_keys, tasks as task_admin,
};
use crate::authority::Authority;
use crate::http::{
    approval_decision, backchannel, client_registration, derived_key, device_authorization,
    directory, discover, health, interface, introspect, jwks, ledger, me, metadata, own_keys, par,
    register, request_access, revoke, ssf, status_list, tasks, token,
};

/// What anyone may ask, or proves itself in the request.
pub(crate) fn open() -> OpenApiRouter<Authority> {
    OpenApiRouter::default()
        .routes(routes!(token::issue_token))
        .routes(routes!(introspect::introspect_token))
        .routes(routes!(revoke::revoke_token))
        .routes(routes!(par::push_request))
        .routes(routes!(device_authorization::authorize_device))
        .routes(routes!(backchannel::ask_person))
        .routes(routes!(client_registration::register_client))
        .routes(routes!(
            client_registration::show_registration,
            client_registration::change_registration,
            client_registration::end_registration
        ))
        .routes(routes!(metadata::describe_server))
        .routes(routes!(metadata::describe_issuer))
        .routes(routes!(derived_key::derive_key))
        .routes(routes!(jwks::list_signing_keys))
        .routes(routes!(directory::list_directory))
        .routes(routes!(discover::discover_projects))
        .routes(routes!(register::register_agent))
        .routes(routes!(request_access::request_access))
        .routes(routes!(me::show_self))
        .routes(routes!(own_keys::register_key))
        .routes(routes!(own_keys::revoke_own_key))
        .routes(routes!(status_list::show_status_list))
        .routes(routes!(tasks::open_task))
        .routes(routes!(tasks::show_task, tasks::close_task))
        .routes(routes!(ssf::configuration::describe_transmitter))
        .routes(routes!(
            ssf::stream::add_stream,
            ssf::stream::show_streams,
            ssf::stream::change_stream,
            ssf::stream::replace_stream,
            ssf::stream::remove_stream
        ))
        .routes(routes!(ssf::status::show_status, ssf::status::change_status))
        .routes(routes!(ssf::verification::verify_stream))
        .routes(routes!(ssf::poll::poll_stream))
        .routes(routes!(ssf::events::take_event))
        .routes(routes!(approval_decision::take_decision))
        .routes(routes!(ledger::show_checkpoint))
        .routes(routes!(ledger::show_key))
        .routes(routes!(ledger::show_tile))
        .routes(routes!(interface::describe_interface))
        .routes(routes!(health::check_process))
        .routes(routes!(health::check_store))
}

/// What only operators may ask.
pub(crate) fn administration() -> OpenApiRouter<Authority> {
    OpenApiRouter::default()
        .routes(routes!(agents::add_agent, agents::list_agents))
        .routes(routes!(agents::show_agent, agents::change_agent))
        .routes(routes!(clients::show_client, clients::put_client, clients::remove_client))
        .routes(routes!(agent_states::suspend_agent))
        .routes(routes!(agent_states::resume_agent))
        .routes(routes!(agent_states::retire_agent))
        .routes(routes!(requests::approve_agent))
        .routes(routes!(requests::refuse_agent))
        .routes(routes!(credentials::add_key))
        .routes(routes!(credentials::list_keys))
        .routes(routes!(credentials::show_key, credentials::change_key, credentials::revoke_key))
        .routes(routes!(grants::list_grants))
        .routes(routes!(grants::show_grant, grants::end_grant))
        .routes(routes!(invites::add_invite, invites::list_invites))
        .routes(routes!(invites::show_invite, invites::revoke_invite))
        .routes(routes!(issuers::add_issuer, issuers::list_issuers))
        .routes(routes!(issuers::end_issuer))
        .routes(routes!(signing_keys::list_token_keys))
        .routes(routes!(signing_keys::rotate_token_keys))
        .routes(routes!(signal_streams::add_signal_stream, signal_streams::list_signal_streams))
        .routes(routes!(signal_streams::remove_signal_stream))
        .routes(routes!(projects::add_project, projects::list_projects))
        .routes(routes!(projects::show_project, projects::change_project))
        .routes(routes!(operators::add_operator, operators::list_operators))
        .routes(routes!(operators::revoke_operator))
        .routes(routes!(people::list_people))
        .routes(routes!(people::invite_person))
        .routes(routes!(people::show_person, people::change_person))
        .routes(routes!(people::block_person))
        .routes(routes!(people::unblock_person))
        .routes(routes!(apis::list_apis))
        .routes(routes!(apis::show_api))
        .routes(routes!(proposal::propose))
        .routes(routes!(api_documents::accept_api_document, api_documents::list_api_documents))
        .routes(routes!(api_documents::compare_api_document))
        .routes(routes!(policies::list_policies, policies::activate_policies))
        .routes(routes!(policies::show_policies))
        .routes(routes!(task_admin::assign_task, task_admin::list_tasks))
        .routes(routes!(task_admin::end_task))
        .routes(routes!(approvals::list_approvals))
        .routes(routes!(approvals::show_approval))
        .routes(routes!(approvals::approve_request))
        .routes(routes!(approvals::deny_request))
        .routes(routes!(records::search_records))
        .routes(routes!(records::show_record))
        .routes(routes!(records::prove_record))
}
