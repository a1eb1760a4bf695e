//! The names of JSON members, of settings and of variables.

/// Words are what separators and capitals make of a name.
pub fn words(name: &str) -> impl Iterator<Item = &str> {
    let bytes = name.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        at += bytes[at..].iter().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
        let start = at;
        let joins = |at: usize| !(bytes[at].is_ascii_uppercase() && bytes[at - 1].is_ascii_lowercase());
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() && (at == start || joins(at)) {
            at += 1;
        }
        (start < at).then(|| &name[start..at])
    })
}
