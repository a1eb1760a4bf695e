//! Private keys as text blocks, and addresses that carry a password.

use super::super::rules::{Rule, rules};

/// The two ends of a key, which `blocks` looks between.
pub(super) const MARKED: &[Rule] = rules! {
    "secret.private-key" "PRIVATE_KEY" 0.98 ["private key-----" "private key block-----"]
        r"-----(?:BEGIN|END)[ A-Z0-9]{0,24} ?PRIVATE KEY(?: BLOCK)?-----" "A private key is in the text."
};

pub(super) const BLOCKS: &[Rule] = rules! {
    "secret.putty-key" "PRIVATE_KEY" 0.95 ["putty-user-key-file"]
        r"PuTTY-User-Key-File-\d: .{20,4000}" "A private key of PuTTY is in the text."
    "secret.age-key" "PRIVATE_KEY" 0.95 ["age-secret-key-1"]
        r"AGE-SECRET-KEY-1[0-9A-Z]{50,60}" "A private key of age is in the text."
    "secret.private-key-body" "PRIVATE_KEY" 0.95 ["ibadanbgkqhkig9w0baqefaasc" "ibaakcaq" "ibaakcag" "ibaakcay" "ibaakbg" "mhccaqe" "mighag" "mig2ag" "mihuag" "mc4caq" "b3blbnnzac1"]
        r"(?-i)\b(?:MII[A-Za-z0-9+/]{2,4}IBADANBgkqhkiG9w0BAQEFAASC|MII[A-Za-z0-9+/]{2,3}IBAAK(?:CAQEA|CAgEA|CAYEA|BgQ)|MHcCAQEEI|MI(?:GHAgEAMBM|G2AgEAMBA|HuAgEAMBA)GByqGSM49|MC4CAQAwBQYDK2VwBCIEI|b3BlbnNzaC1rZXktdjEAAAAA)[A-Za-z0-9+/=\\]{16,}" "A private key is in the text."
    "secret.key-block" "PRIVATE_KEY" 0.95 ["openvpn static key" "begin ssh2"]
        r"-{4,5} ?BEGIN (?:OpenVPN Static key V\d|SSH2 ENCRYPTED PRIVATE KEY) ?-{4,5}\s{0,4}[A-Za-z0-9+/=][^-]{10,4000}" "A private key is in the text."
    "secret.kubernetes-secret" "API_KEY" 0.85 ["kind: secret" "kind:secret" "kind\": \"secret" "kind\":\"secret"] & ["data"]
        r"\bkind['\x22]?:\s?['\x22]?Secret\b.{0,600}?\bdata['\x22]?:\s{0,2}\{?((?:\s{1,24}['\x22]?[A-Za-z0-9_.-]{1,80}['\x22]?:[ \t]?['\x22]?[A-Za-z0-9+/]{4,4000}={0,2}['\x22]?,?)+)" "A secret of a cluster is in the text."
    "secret.jwk" "PRIVATE_KEY" 0.9 ["\"kty\""]
        r#""kty".{0,400}"(?:d|k)"\s?:\s?"[A-Za-z0-9_-]{20,}"# "A private key as JSON is in the text."
};

pub(super) const ADDRESSES: &[Rule] = rules! {
    "secret.login-in-address" "CONNECTION_STRING" 0.9 ["://"]
        r"[a-z][a-z0-9+.-]{1,24}://(?:[^\s:@/'\x22<>{}?#]{0,80}|[^\s:@/'\x22<>{}?#]{1,64}@[a-z0-9.-]{1,80}):([^\s:@/'\x22<>{}\[\]$]{3,120})@[a-z0-9\[(_.-]"
        "An address carries a user's password."
    "secret.account-key" "CONNECTION_STRING" 0.95 ["accountkey=" "sharedaccesskey="] & ["key="]
        r"(?:Account|SharedAccess)Key=([A-Za-z0-9+/=]{30,100})" "A connection string carries an account's key."
    "secret.sas" "CONNECTION_STRING" 0.85 ["sig="]
        r"[?&]sv=.{0,200}[?&;]sig=([A-Za-z0-9%/+=]{30,120})" "A signed address carries its signature."
};
