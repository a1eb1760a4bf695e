//! What is looked for.

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Pii,
    Secret,
    PromptInjection,
    CodeInjection,
    ToolPoisoning,
    ServerConfig,
    Toxicity,
    Nsfw,
    Sponge,
}

/// Private data without a form of its own, which is looked for only where somebody asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// Of people.
    Names,
    /// Postal ones.
    Addresses,
}

/// A set of kinds, and of what is looked for beyond them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Pii,
        Self::Secret,
        Self::PromptInjection,
        Self::CodeInjection,
        Self::ToolPoisoning,
        Self::ServerConfig,
        Self::Toxicity,
        Self::Nsfw,
        Self::Sponge,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pii => "pii",
            Self::Secret => "secrets",
            Self::PromptInjection => "prompt_injection",
            Self::CodeInjection => "code_injection",
            Self::ToolPoisoning => "tool_poisoning",
            Self::ServerConfig => "server_config",
            Self::Toxicity => "toxicity",
            Self::Nsfw => "nsfw",
            Self::Sponge => "sponge",
        }
    }
}

impl Kinds {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(FIRST_EXTRA - 1);

    #[must_use]
    pub const fn with(self, kind: Kind) -> Self {
        Self(self.0 | 1 << kind as u16)
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }

    /// Looked for where private data is.
    #[must_use]
    pub const fn with_extra(self, extra: Extra) -> Self {
        Self(self.0 | FIRST_EXTRA << extra as u16)
    }

    /// With the extras of another set.
    #[must_use]
    pub const fn with_extras_of(self, other: Self) -> Self {
        Self(self.0 | other.0 & !Self::ALL.0)
    }

    pub const fn has_extra(self, extra: Extra) -> bool {
        self.0 & FIRST_EXTRA << extra as u16 != 0
    }

    /// Whether there is no kind in it.
    pub const fn is_empty(self) -> bool {
        self.0 & Self::ALL.0 == 0
    }
}

/// The bit behind those of the kinds.
const FIRST_EXTRA: u16 = 1 << Kind::ALL.len();

impl Extra {
    pub const ALL: [Self; 2] = [Self::Names, Self::Addresses];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Addresses => "addresses",
        }
    }
}
