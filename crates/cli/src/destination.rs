//! Where a command goes: `--config`, then `BAILIWICK_URL`, then the installation in the present
//! directory, then the profile in the user's configuration directory.

use std::path::Path;

use serde::Deserialize;

use crate::ambient;
use crate::config;
use crate::failure::Failure;

/// An authority, and what opens its administration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    /// Its origin, without a slash at the end.
    pub(crate) url: String,
    /// An operator's token; it is only ever sent to the place it was given for.
    pub(crate) token: Option<String>,
}

/// `profile.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    url: String,
    token: Option<String>,
}

impl Destination {
    pub(crate) fn find(config: Option<&Path>) -> Result<Self, Failure> {
        let profile = profile()?;
        let url = match (config, ambient::variable("BAILIWICK_URL")) {
            (Some(path), _) => Some(issuer(path)?),
            (None, Some(url)) => Some(url),
            (None, None) if Path::new(config::FILE_NAME).exists() => {
                Some(issuer(Path::new(config::FILE_NAME))?)
            }
            (None, None) => profile.as_ref().map(|profile| profile.url.clone()),
        };
        let url = url.ok_or_else(nowhere)?.trim_end_matches('/').to_owned();
        let own =
            |profile: Profile| profile.token.filter(|_| profile.url.trim_end_matches('/') == url);
        let token = ambient::variable("BAILIWICK_TOKEN").or_else(|| profile.and_then(own));
        Ok(Self { url, token })
    }
}

fn nowhere() -> Failure {
    Failure::usage("no server is named").hint(
        "set BAILIWICK_URL, name --config bailiwick.toml, or write url and token in \
         ~/.config/bailiwick/profile.toml",
    )
}

fn issuer(path: &Path) -> Result<String, Failure> {
    let settings = config::read(path)?.settings;
    if let Some(issuer) = settings.authority.issuer {
        return Ok(issuer);
    }
    let listen = settings.authority.listen;
    if listen.port() == 0 {
        let message = format!("{} leaves the port to chance", path.display());
        return Err(Failure::usage(message).hint("set BAILIWICK_URL to what `serve` printed"));
    }
    Ok(format!("http://{listen}"))
}

fn profile() -> Result<Option<Profile>, Failure> {
    let Some(path) = ambient::user_directory().map(|dir| dir.join("profile.toml")) else {
        return Ok(None);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => read_profile(&text, &path).map(Some),
        Err(_) => Ok(None),
    }
}

fn read_profile(text: &str, path: &Path) -> Result<Profile, Failure> {
    toml::from_str(text).map_err(|error| {
        let message = format!("{}: {}", path.display(), error.message());
        Failure::usage(message).hint("the file has two keys: url and token")
    })
}
