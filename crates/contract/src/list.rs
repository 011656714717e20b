//! The four lists of a server of MCP.

use bailiwick_domain::mcp::{PROMPTS_GET, RESOURCES_READ, TOOLS_CALL};

/// A list that a server of MCP answers with, page by page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Tools.
    Tools,
    /// Resources that have one URI.
    Resources,
    /// Resources that have many, by a URI template.
    Templates,
    /// Prompts.
    Prompts,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Tools, Self::Resources, Self::Templates, Self::Prompts];

    /// The list that a method asks for.
    pub fn of(method: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.method() == method)
    }

    /// The method that asks for it.
    pub const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
            Self::Prompts => "prompts/list",
        }
    }

    /// Its name in the answer, and in a catalog.
    pub const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
            Self::Prompts => "prompts",
        }
    }

    /// The method of the operations that it lists.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::Tools => TOOLS_CALL,
            Self::Resources | Self::Templates => RESOURCES_READ,
            Self::Prompts => PROMPTS_GET,
        }
    }

    /// Where one of it says what it is called with: its name, URI or URI template.
    pub const fn identifier(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
        }
    }
}
