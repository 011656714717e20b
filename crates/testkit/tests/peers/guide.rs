//! What the guide shows is what runs here.

use std::path::Path;

/// The code blocks of a page, by the language they are marked with.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    let after = page.split(&fence).skip(1);
    after.map(|block| block.split("```").next().unwrap()).collect()
}

fn scripts(language: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(language);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|file| file.is_file()).map(|it| std::fs::read_to_string(it).unwrap()).collect()
}

#[test]
fn the_guide_shows_parts_of_the_scripts_as_they_are() {
    let page = include_str!("../../../../docs/src/guide/clients.md");
    for language in ["javascript", "python"] {
        let (blocks, scripts) = (blocks(page, language), scripts(language));
        assert!(!blocks.is_empty(), "the guide shows nothing in {language}");
        for block in blocks {
            let shown = scripts.iter().any(|script| script.contains(block));
            assert!(shown, "no script of {language} has this:\n{block}");
        }
    }
}
