//! The configuration: `bailiwick.toml` in, [`Settings`] out, or everything that is wrong with it.
//!
//! Each section is read in a file of its own. A key exists only if something is refused because of
//! it; any other key is an error that names the nearest known one.

mod address;
mod api;
mod approval_webhook;
mod authority;
mod beside;
mod gateway;
mod ledger;
mod limits;
mod mode;
mod networks;
mod operation;
mod outbound;
mod problem;
mod proxies;
mod reach;
mod secret;
mod section;
mod settings;
mod sign_in;
mod signal_source;
mod signature;
mod store;
mod tls;
mod token;
mod trust;
mod trust_bundle;
mod wallet;

use std::path::{Path, PathBuf};

use bailiwick_domain::api::Mode;

pub use api::ApiSettings;
pub use approval_webhook::ApprovalWebhookSettings;
pub use authority::AuthoritySettings;
pub use gateway::GatewaySettings;
pub use ledger::LedgerSettings;
pub use limits::LimitSettings;
pub use outbound::OutboundSettings;
pub use problem::{Problem, Problems};
pub use secret::SecretSource;
pub use settings::Settings;
pub use sign_in::SignInSettings;
pub use signature::SignatureSettings;
pub use store::StoreSettings;
pub use tls::TlsSettings;
pub use token::TokenSettings;
pub use trust_bundle::TrustBundleSettings;
pub use wallet::WalletSettings;

use section::Section;

/// The name of the file in an installation's directory.
pub const FILE_NAME: &str = "bailiwick.toml";

/// A configuration that can be run, and what its operator should look at again.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The configuration.
    pub settings: Settings,
    /// What is allowed and still unwise.
    pub warnings: Problems,
}

/// Why a configuration cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file cannot be read.
    #[error("{path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// Reads a configuration file. Paths in it are relative to the directory it is in.
pub fn read(path: &Path) -> Result<Checked, Unusable> {
    let unreadable = |source| Unusable::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let base = absolute.parent().unwrap_or(Path::new("/"));
    Ok(parse(&text, base)?)
}

/// Reads a configuration from its text. Relative paths in it start at `base`.
pub fn parse(text: &str, base: &Path) -> Result<Checked, Problems> {
    let mut problems = Problems::default();
    let table = section::table(text, &mut problems);
    let Some(table) = table else { return Err(problems) };
    let mut root = Section::root(table, &mut problems);
    let settings = read_root(&mut root, base);
    root.finish();
    let Some(settings) = settings.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    reach::check(&settings, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let warnings = trust::weigh(&settings);
    Ok(Checked { settings, warnings })
}

fn read_root(root: &mut Section<'_>, base: &Path) -> Option<Settings> {
    let trust_domain = trust::read_domain(root);
    let data_dir = base.join(root.text("data_dir", "data", "a directory, as in \"data\""));
    let gateway = root.within("gateway", |section| gateway::read(section, base));
    let authority = root.within("authority", |section| authority::read(section, base));
    let store = root.within("store", |section| store::read(section, base, &data_dir));
    let ledger = root.within("ledger", |section| ledger::read(section, trust_domain.as_deref()));
    let signature = root.within("signature", signature::read);
    let token = root.within("token", token::read);
    let wallet = root.within("wallet", wallet::read);
    let outbound = root.within("outbound", |section| outbound::read(section, base));
    let bundles = root.each("trust_bundle", |section| trust_bundle::read(section, base));
    trust_bundle::refuse_twice(root, &bundles);
    let mode = gateway.as_ref().map_or_else(Mode::default, |gateway| gateway.mode);
    let apis = root.each("api", |section| api::read(section, base, mode));
    Some(Settings {
        trust_domain: trust_domain?,
        data_dir,
        gateway: gateway?,
        authority: authority?,
        store: store?,
        ledger: ledger?,
        signature,
        token,
        wallet: wallet?,
        outbound: outbound?,
        bundles: bundles.into_iter().collect::<Option<_>>()?,
        apis: apis.into_iter().collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests;
