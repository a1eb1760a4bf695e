//! What an operator chooses by a word.

/// How much of a call stands in the result of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultDetail {
    Full,
    Compact,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    Stop,
    Continue,
}

/// Which tools a client is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exposure {
    /// Those of the gateway.
    Gateway,
    /// Those of the servers, under names of their own.
    Direct,
    Both,
}

impl Exposure {
    pub fn has_gateway_tools(self) -> bool {
        self != Self::Direct
    }

    pub fn is_direct(self) -> bool {
        self != Self::Gateway
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Direct => "direct",
            Self::Both => "both",
        }
    }
}
