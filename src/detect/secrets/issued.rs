//! More tokens that begin with a prefix of their vendor's: each is looked for from there on, and nowhere else.

use super::super::rules::{Rule, rules};

pub(super) const ISSUED: &[Rule] = rules! {
    "secret.issued-model" "API_KEY" 0.93 ["sk-" "pcsk_" "fc-" "pylf_v" "bedrock-api-key-" "zpka_" "esecret_" "ctx7sk-" "m0-" "llx-" "aq.ab" "bsa" "bb_live_" "key_" "cosmo_" "xau_"]
        r"(?-i)(?:sk-(?:[a-f0-9]{32}|[A-Za-z0-9]{48})\b|pcsk_[A-Za-z0-9]{5,8}_[A-Za-z0-9]{50,70}|fc-[a-f0-9]{32}\b|pylf_v\d_[a-z]{2,8}_[A-Za-z0-9]{40,}|bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t[A-Za-z0-9+/=_-]*|zpka_[a-z0-9]{32}_[a-z0-9]{8}|esecret_[a-z0-9]{20,}|ctx7sk-[a-f0-9]{8}-[a-f0-9-]{27}|m0-[A-Za-z0-9]{40}\b|llx-[A-Za-z0-9]{40,}|AQ\.Ab[A-Za-z0-9_-]{40,}|BSA[A-Za-z0-9_-]{28}\b|bb_live_[A-Za-z0-9_-]{26,}|key_[a-f0-9]{64}\b|cosmo_[a-f0-9]{32}\b|xau_[A-Za-z0-9]{30,})"
        "A key of a service for models or data is in the text."
    "secret.issued-money" "PAYMENT_KEY" 0.93 ["pdl_" "polar_" "ramp_" "aqe" "flb_" "v2x" "pina_" "key0" "persona_" "secret-" "console-"]
        r"(?-i)(?:pdl_(?:live|sdbx)_apikey_[a-z0-9]{26}_[A-Za-z0-9]{22}_[A-Za-z0-9]{3}|polar_(?:oat|pat|at|rt|cs|whs)_[A-Za-z0-9_]{30,}|ramp_(?:sec|tok|business_tok)_[A-Za-z0-9]{40,}|AQE[a-z]hm[A-Za-z0-9+/=]{40,}|flb_(?:live|test)_[A-Za-z0-9]{20}|v2x[a-f0-9]{64}\b|pina_[A-Za-z0-9]{40,}|KEY0[0-9A-F]{15,17}_[A-Za-z0-9]{22}\b|persona_(?:sandbox|production)_[a-f0-9]{8}-[a-f0-9-]{27}|secret-(?:test|live)-[A-Za-z0-9_=-]{36}|(?:secret|console)-[A-Za-z0-9]{43,60}\b)"
        "A key of a service for payments or messages is in the text."
    "secret.issued-cloud" "CLOUD_TOKEN" 0.93 ["clojars_" "sgp_" "slk_" "swmtkn-1-" "swmkey-1-" "rdme_" "sm_" "s-s4t2" "da2-" "sb_secret_" "vtwn_" "atta" "ddp_" "ddo_" "ddw_" "ccdb1_" "dbtc_" "dbtu_" "dbts_" "ptr_" "ucat_" "scw" "4b1d" "hawk." "rootly_" "xaat-" "xapt-" "hcaik_" "hcbik_" "hcxik_" "goog1" "akab-" "3mvg9" "bbff-" "bbus-"]
        r"(?-i)(?:CLOJARS_[a-z0-9]{60}|sgp_(?:(?:[a-f0-9]{16}|local)_)?[a-f0-9]{40}\b|sgp_[A-Za-z0-9]{64}\b|slk_[a-f0-9]{64}|SWMTKN-1-[0-9a-z]{50}-[0-9a-z]{25}|SWMKEY-1-[A-Za-z0-9+/]{40,}|rdme_[a-z0-9]{70}|sm_[asp]at_[A-Za-z0-9]{16}|s-s4t2(?:ud|af)-[a-f0-9]{64}|da2-[a-z0-9]{26}\b|sb_secret_[A-Za-z0-9_-]{28,}|vtwn_[A-Za-z0-9]{20,}|ATTA[A-Za-z0-9]{60,76}\b|dd[pow]_[A-Za-z0-9]{36}\b|CCDB1_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}|dbt[cus]_[A-Za-z0-9_-]{36,}|ptr_[A-Za-z0-9+/]{40,}=?|ucat_[A-Z0-9]{20,}|SCW[A-Z0-9]{17}\b|4b1d[A-Za-z0-9]{38}\b|hawk\.[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{20}|rootly_[a-f0-9]{64}|xa[ap]t-[a-f0-9]{8}-[a-f0-9-]{27}|hc[abx]ik_[a-z0-9]{58}|GOOG1[A-Z0-9]{15,70}\b|akab-[a-z0-9]{16}-[a-z0-9]{16}\b|3MVG9[A-Za-z0-9._]{75,110}|BB(?:FF|US)-[A-Za-z0-9]{30,34}\b)"
        "A token of a cloud service is in the text."
    "secret.ntlm" "AUTHORIZATION" 0.9 ["tlrmtvntuaad"]
        r"(?-i)TlRMTVNTUAAD[A-Za-z0-9+/]{60,}={0,2}" "A signed answer of a login is in the text."
    "secret.issued-service" "API_KEY" 0.92 ["mlsn." "dg9ro" "vf.dm." "vf.ws." "waka_" "1000." "sdk-" "mob-" "samsara_api_" "spu-" "sec-c-" "api-" "xoxc-" "xoxd-" "nsec1" "xprv" "yprv" "zprv" "tss_" "salad_cloud_" "napi_" "sk_pr_" "pk_" "bt-" "ory_pat_" "ory_at_" "ory_rt_" "ory_st_" "ory_ac_" "signkey-" "ctp_"]
        r"(?-i)(?:mlsn\.[a-f0-9]{64}|dG9rO[A-Za-z0-9+/=]{50,}|VF\.(?:DM|WS)\.[a-f0-9]{24}\.[A-Za-z0-9]{16}|waka_[a-f0-9]{8}-[a-f0-9-]{27}|1000\.[a-f0-9]{32}\.[a-f0-9]{32}\b|(?:api|sdk|mob)-[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12}\b|samsara_api_[A-Za-z0-9]{28,}|spu-[a-z0-9]{32}\b|sec-c-[A-Za-z0-9=]{40,60}|xoxc-\d{9,}-\d{9,}-\d{9,}-[a-f0-9]{64}|xoxd-[A-Za-z0-9%/+=-]{60,}|nsec1[a-z0-9]{58}\b|[xyz]prv[1-9A-HJ-NP-Za-km-z]{107}\b|tss_[A-Za-z0-9]{40,}|salad_cloud_[a-z]{2,8}_[A-Za-z0-9_]{20,}|napi_[a-z0-9]{60,}|sk_pr_[a-z]{2,10}_[a-f0-9]{30,}|pk_\d{5,10}_[A-Z0-9]{32}\b|pk_[a-f0-9]{34}\b|bt-[A-Za-z0-9_-]{40,}|ory_(?:pat|at|rt|st|ac)_[A-Za-z0-9_.-]{30,}|signkey-(?:prod|test|branch)-[a-f0-9]{32,}|ctp_[A-Za-z0-9]{40,})"
        "A key of a service is in the text."
};

/// Tokens with their mark in the middle or at the end.
pub(super) const MARKED: &[Rule] = rules! {
    "secret.mailchimp" "MAIL_KEY" 0.9 ["-us"]
        r"(?-i)\b[0-9a-f]{32}-us\d{1,2}\b" "A key of a mail service is in the text."
    "secret.discord-bot" "DISCORD_TOKEN" 0.9 [".c" ".d" ".e" ".f" ".g" ".h" ".x" ".y" ".z"]
        r"(?-i)\b[MNO][A-Za-z\d_-]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40}\b" "The token of a Discord bot is in the text."
    "secret.hashicorp" "VAULT_TOKEN" 0.93 ["hvs." "hvb." "hvr." ".atlasv1."]
        r"(?-i)\b(?:hv[sbr]\.[A-Za-z0-9_-]{24,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70})" "A token of HashiCorp's products is in the text."
    "secret.newrelic" "NEWRELIC_KEY" 0.92 ["nrak-" "nrii-" "nrjs-" "nral" "nrra-" "nraa-"]
        r"\b(?:NRAK-[A-Z0-9]{27}|NRII-[A-Za-z0-9_-]{32}|NRJS-[a-f0-9]{19}|NRRA-[a-f0-9]{42}|NRAA-[a-f0-9]{27}|[a-f0-9]{36}NRAL)" "A key of New Relic is in the text."
    "secret.google-oauth-client" "GOOGLE_OAUTH_CLIENT" 0.4 [".apps.googleusercontent.com"]
        r"\d{6,}-[a-z0-9_]{32}\.apps\.googleusercontent\.com" "The id of an OAuth client of Google is in the text."
    "secret.azure-key" "AZURE_SECRET" 0.95 ["apim" "acdb" "+aba" "+amc" "+ast" "aiot" "+asb" "+aeh" "+arm" "azdo" "azfu" "azse" "azca" "+acr" "jqqj99"]
        r"(?-i)(?:[A-Za-z0-9/+]{76}(?:APIM|ACDb|\+(?:ABa|AMC|ASt))[A-Za-z0-9]{5}[AQgw]==|[A-Za-z0-9/+]{32,33}(?:AIoT|\+(?:ASb|AEh|ARm))[A-Za-z0-9/+]{5,6}=|[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{5}[AQgw]==|[A-Za-z0-9]{42}AzSe[A-D][A-Za-z0-9]{5}|[A-Za-z0-9]{33}AzCa[A-P][A-Za-z0-9]{5}=|[A-Za-z0-9+/]{42}\+ACR[A-D][A-Za-z0-9+/]{5}|[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26})" "A key of Azure is in the text."
    "secret.push" "GOOGLE_KEY" 0.93 [":apa91b"]
        r"(?-i)[A-Za-z0-9_-]{11,24}:APA91b[A-Za-z0-9_-]{100,200}" "A key for messages to devices is in the text."
    "secret.maxmind" "API_KEY" 0.93 ["_mmk"]
        r"(?-i)\b[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk\b" "A key of a service is in the text."
    "secret.authress" "API_KEY" 0.93 [".acc_" ".acc-"]
        r"(?-i)\b(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][a-z0-9-]{10,32}\.[A-Za-z0-9+/_=-]{30,120}" "A key of a service is in the text."
};
