//! What stands for several texts, where they are to be told from others: SHA-256.

use sha2::{Digest as _, Sha256};

#[derive(Default)]
pub struct Digest(Sha256);

impl Digest {
    pub fn of<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> [u8; 32] {
        let mut digest = Self::default();
        texts.into_iter().for_each(|text| digest.add(text));
        digest.finish()
    }

    /// With its length, so that no two lists of texts read the same.
    pub fn add(&mut self, text: impl AsRef<[u8]>) {
        self.0.update(text.as_ref().len().to_le_bytes());
        self.0.update(text);
    }

    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
