//! Telling clients in ping mode that a person has decided (CIBA Core 1.0, section 10.2): once, by
//! one process; where the client does not answer, a few times more. It says nothing but which
//! request is meant; what was decided, the client asks the token endpoint.

use bailiwick_domain::id::AgentId;
use bailiwick_fetch::Url;
use bailiwick_store::petitions::Petition;
use tokio::task::JoinSet;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::petitions::notification;

/// How often a client is told at most.
const MOST: u32 = 4;
/// How long to wait before it is told once more, in seconds: longer than one try takes, and twice
/// as long each time.
const FIRST_WAIT_SECONDS: i64 = 15;

/// Begins to tell every client that is to be told now.
pub(crate) async fn look(authority: &Authority, telling: &mut JoinSet<()>) -> Result<(), Fault> {
    let due = authority.store.read().await?.petitions().due(authority.now()).await?;
    for petition in due {
        let authority = authority.clone();
        telling.spawn(async move {
            if let Err(fault) = tell(&authority, &petition).await {
                fault.log();
            }
        });
    }
    Ok(())
}

async fn tell(authority: &Authority, petition: &Petition) -> Result<(), Fault> {
    let now = authority.now();
    let wait = FIRST_WAIT_SECONDS << petition.pings.min(MOST);
    let mut tx = authority.store.begin_append().await?;
    let again_at = now.plus_seconds(wait);
    let own = tx.petitions().claim_ping(&petition.digest, now, again_at).await?;
    tx.save().await?;
    if !own {
        return Ok(());
    }
    let told = match (endpoint(authority, petition).await?, &petition.notification) {
        (Some(url), Some(sealed)) => send(authority, petition, &url, sealed).await?,
        _ => true,
    };
    if told || petition.pings + 1 >= MOST {
        let mut tx = authority.store.begin_append().await?;
        tx.petitions().settle_ping(&petition.digest).await?;
        tx.save().await?;
    }
    Ok(())
}

/// Where the client is told, as it is registered now.
async fn endpoint(authority: &Authority, petition: &Petition) -> Result<Option<Url>, Fault> {
    let Ok(agent) = petition.client.parse::<AgentId>() else { return Ok(None) };
    let client = authority.store.read().await?.clients().find(agent).await?;
    let endpoint = client.and_then(|it| it.notification_endpoint);
    let url = endpoint.map(|it| it.parse::<Url>()).transpose();
    url.map_err(|_| Fault::Corrupt("where a client is notified"))
}

/// Says whether the client has it.
async fn send(
    authority: &Authority,
    petition: &Petition,
    url: &Url,
    sealed: &[u8],
) -> Result<bool, Fault> {
    let what = notification::open(&authority.sealer, &petition.digest, sealed)?;
    let sent = authority.outside.pings.send(url, what.fields, what.json).await;
    let why = match sent {
        Ok(200..=299) => return Ok(true),
        Ok(status) => format!("the client answered {status}"),
        Err(unsent) => unsent.to_string(),
    };
    tracing::warn!(client = %petition.client, tries = petition.pings + 1, why, "not notified");
    Ok(false)
}
