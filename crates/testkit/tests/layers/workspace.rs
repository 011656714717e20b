//! The workspace as cargo sees it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One package of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    /// Its name without the prefix `bailiwick-`.
    pub(crate) name: String,
    /// Where it lies.
    pub(crate) folder: PathBuf,
    /// What it names in its manifest.
    pub(crate) dependencies: Vec<Dependency>,
    /// The features it has unless told otherwise.
    pub(crate) defaults: Vec<String>,
}

/// One line of a manifest.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package's name, without the prefix when it is of this workspace.
    pub(crate) name: String,
    /// The name by which code refers to it.
    pub(crate) code_name: String,
    /// Whether it is of this workspace.
    pub(crate) inside: bool,
    /// Whether only tests may use it.
    pub(crate) dev: bool,
    /// The features asked of it.
    pub(crate) features: Vec<String>,
}

/// The root of the checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// All packages, as `cargo metadata` tells them.
pub(crate) fn packages() -> Vec<Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

fn package(value: &Value) -> Package {
    Package {
        name: short(text(value, "name")),
        folder: Path::new(text(value, "manifest_path")).parent().unwrap().to_owned(),
        dependencies: value["dependencies"].as_array().unwrap().iter().map(dependency).collect(),
        defaults: texts(&value["features"]["default"]),
    }
}

fn dependency(value: &Value) -> Dependency {
    let name = text(value, "name");
    let code_name = value["rename"].as_str().unwrap_or(name).replace('-', "_");
    Dependency {
        name: short(name),
        code_name,
        inside: value["path"].is_string(),
        dev: value["kind"] == "dev",
        features: texts(&value["features"]),
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap()
}

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten();
    texts.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn short(name: &str) -> String {
    name.strip_prefix("bailiwick-").unwrap_or(name).to_owned()
}
