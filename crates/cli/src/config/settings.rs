//! The whole configuration, typed and resolved.

use std::path::PathBuf;

use super::api::ApiSettings;
use super::authority::AuthoritySettings;
use super::gateway::GatewaySettings;
use super::ledger::LedgerSettings;
use super::outbound::OutboundSettings;
use super::signature::SignatureSettings;
use super::store::StoreSettings;
use super::token::TokenSettings;
use super::trust_bundle::TrustBundleSettings;
use super::wallet::WalletSettings;

/// A configuration that is whole and means what it says.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The SPIFFE trust domain that subjects are named in.
    pub trust_domain: String,
    /// Where keys, journal, ledger and the SQLite file live; absolute or beside the file.
    pub data_dir: PathBuf,
    /// `[gateway]`
    pub gateway: GatewaySettings,
    /// `[authority]`
    pub authority: AuthoritySettings,
    /// `[store]`
    pub store: StoreSettings,
    /// `[ledger]`
    pub ledger: LedgerSettings,
    /// `[signature]`
    pub signature: SignatureSettings,
    /// `[token]`
    pub token: TokenSettings,
    /// `[wallet]`
    pub wallet: WalletSettings,
    /// `[outbound]`
    pub outbound: OutboundSettings,
    /// `[[trust_bundle]]`
    pub bundles: Vec<TrustBundleSettings>,
    /// `[[api]]`
    pub apis: Vec<ApiSettings>,
}
