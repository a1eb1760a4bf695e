//! The attacks, by name. All of it is text: nothing here runs, deletes, reads or sends anything.

mod asides;
mod attack;
mod bad_output;
mod code_execution;
mod command_injection;
mod credential_theft;
mod greeting;
mod harmful_tools;
mod hidden_text;
mod last_words;
mod mark;
mod no_list;
mod odd_places;
mod offer;
mod offers;
mod path_traversal;
mod preference_manipulation;
mod prompt_injection;
mod refusal;
mod resource_exhaustion;
mod rug_pull;
mod schema_poisoning;
mod session_management;
mod ssrf;
mod tool_poisoning;
mod unauthenticated_access;

pub(crate) use attack::{Attack, Reply, fine};
pub(crate) use mark::replaced;
pub(crate) use offer::Offer;

pub(crate) fn all() -> Vec<Attack> {
    vec![
        harmful_tools::attack(),
        bad_output::attack(),
        command_injection::attack(),
        credential_theft::attack(),
        preference_manipulation::attack(),
        path_traversal::attack(),
        prompt_injection::attack(),
        code_execution::attack(),
        resource_exhaustion::attack(),
        schema_poisoning::attack(),
        session_management::attack(),
        ssrf::attack(),
        tool_poisoning::attack(),
        unauthenticated_access::attack(),
        hidden_text::attack(),
        odd_places::attack(),
        asides::attack(),
        greeting::attack(),
        last_words::attack(),
        refusal::attack(),
        no_list::attack(),
        rug_pull::attack(),
        offers::attack(),
    ]
}
