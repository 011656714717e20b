//! What the SDKs are told about the product: denials and the interface's models.

use anyhow::Result;

use super::{interface, python, typescript};

/// Each file that an SDK has of it, and its text. Made of `api/` alone: the product need not be
/// built.
pub(crate) fn files() -> Result<Vec<(&'static str, String)>> {
    let denials = interface::denials()?;
    let models = interface::models()?;
    Ok(vec![
        ("sdk/typescript/src/generated.ts", typescript::file(&denials, &models)?),
        ("sdk/python/src/bailiwick/_generated.py", python::file(&denials, &models)?),
    ])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use anyhow::{Result, ensure};

    use super::files;
    use crate::run::root;

    #[test]
    fn the_sdks_have_what_the_interface_says() -> Result<()> {
        for (path, text) in files()? {
            let committed = fs::read_to_string(root().join(path))?;
            ensure!(committed == text, "{path} is out of date: run `cargo xtask gen --sdk`");
        }
        Ok(())
    }

    #[test]
    fn no_line_of_them_is_long() -> Result<()> {
        for (path, text) in files()? {
            for (number, line) in text.lines().enumerate() {
                let length = line.chars().count();
                ensure!(length <= 100, "{path}:{}: {length} characters", number + 1);
            }
        }
        Ok(())
    }
}
