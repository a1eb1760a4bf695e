use std::path::{Path, PathBuf};

use super::{read, repository, texts_in};

/// Every text of the repository that people read.
fn texts() -> Vec<PathBuf> {
    let named = ["README.md", "CHANGELOG.md", "src/README.md", "src/detect/README.md", "benches/README.md"];
    let named = named.into_iter().chain(["test_mcps/README.md"]).map(|path| repository().join(path));
    named.chain(texts_in("docs")).chain(texts_in(".github")).collect()
}

/// What stands outside of blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// What the links of a text lead to, but for those out of the repository.
fn targets(text: &str) -> Vec<String> {
    let ends = prose(text);
    let links = ends.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links.filter(|link| !link.contains("://")).map(str::to_owned).collect()
}

/// The name that a heading has in a link.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

fn has_heading(path: &Path, wanted: &str) -> bool {
    let text = prose(&read(path));
    let mut headings = text.lines().filter(|line| line.starts_with('#'));
    headings.any(|line| anchor(line.trim_start_matches('#').trim()) == wanted)
}

#[test]
fn every_link_leads_to_a_file_and_to_a_heading_that_exist() {
    let mut followed = 0;
    for path in texts() {
        for link in targets(&read(&path)) {
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let folder = path.parent().expect("a folder");
            let target = if file.is_empty() { path.clone() } else { folder.join(file) };
            assert!(target.exists(), "{} leads to `{link}`", path.display());
            assert!(
                heading.is_empty() || has_heading(&target, heading),
                "{} leads to `{link}`",
                path.display()
            );
            followed += 1;
        }
    }
    assert!(followed > 50, "{followed}");
}

#[test]
fn every_script_that_is_named_exists() {
    for path in texts() {
        let text = read(&path);
        for rest in text.split("scripts/").skip(1) {
            let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"._-/".contains(letter));
            let name = rest[..end.unwrap_or(rest.len())].trim_end_matches(['.', '/']);
            assert!(
                repository().join("scripts").join(name).exists(),
                "{} names scripts/{name}",
                path.display()
            );
        }
    }
}
