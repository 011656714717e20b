//! Secrets that the configuration says the place of.

use zeroize::Zeroizing;

use super::{Fault, Sources};
use crate::config::SecretSource;

/// The secret, without the line break at its end.
pub(super) fn read(source: &SecretSource, sources: &Sources) -> Result<Zeroizing<String>, Fault> {
    let text = match source {
        SecretSource::File(path) => std::fs::read_to_string(path).map_err(Fault::file(path))?,
        SecretSource::Env(name) => {
            (sources.variable)(name).ok_or_else(|| Fault::VariableMissing(name.clone()))?
        }
    };
    let text = Zeroizing::new(text);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
