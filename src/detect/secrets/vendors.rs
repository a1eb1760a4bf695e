//! Tokens that their vendors made easy to tell: a prefix and a length, or a vendor's name before a value.

use super::super::rules::{Rule, rules};

/// Tokens of many lengths: looked for from their prefix on, since from everywhere at once they have too many states.
pub(super) const HEADED: &[Rule] = rules! {
    "secret.gitlab" "GITLAB_TOKEN" 0.95 ["glpat-" "gldt-" "glrt" "glsoat-" "glft-" "glwt-" "glptt-" "glagent-" "glcbt-" "glimt-" "glffct-" "gloas-" "gr1348941"]
        r"(?-i)\b(?:(?:glpat|gldt|glrt|glsoat|glft|glwt)-[A-Za-z0-9_-]{20}|glpat-[A-Za-z0-9_-]{27,300}\.[a-z0-9]{2}\.?[a-z0-9]{7,9}|glrtr?-(?:t\d_)?[A-Za-z0-9_-]{20,60}|glptt-[A-Za-z0-9_-]{40}|glagent-[A-Za-z0-9_-]{50,}|glcbt-[A-Za-z0-9]{1,5}_[A-Za-z0-9_-]{20}|glimt-[A-Za-z0-9_-]{25}|glffct-[A-Za-z0-9_-]{20}|gloas-[A-Za-z0-9_-]{64}|glwt-[A-Za-z0-9_-]{20,40}|GR1348941[A-Za-z0-9_-]{20})(?:[^A-Za-z0-9_-]|$)" "A token of GitLab is in the text."
};

pub(super) const TOKENS: &[Rule] = rules! {
    "secret.aws-access-key" "AWS_ACCESS_KEY" 0.95 ["akia" "asia" "abia" "acca" "a3t"]
        r"(?-i)\b((?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z2-7]{16})\b" "The id of an access key of AWS is in the text."
    "secret.aws-bedrock" "AWS_BEDROCK_KEY" 0.95 ["absk"]
        r"(?-i)\bABSK[A-Za-z0-9+/]{60,}={0,2}" "A key of AWS Bedrock is in the text."
    "secret.github" "GITHUB_TOKEN" 0.97 ["ghp_" "gho_" "ghu_" "ghs_" "ghr_" "github_pat_"]
        r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,})" "A token of GitHub is in the text."
    "secret.gitlab-session" "GITLAB_TOKEN" 0.9 ["_gitlab_session="]
        r"_gitlab_session=([a-z0-9]{32})" "A session of GitLab is in the text."
    "secret.slack" "SLACK_TOKEN" 0.95 ["xox" "xapp-"]
        r"\b(?:xox[abeoprs](?:\.xox[a-z])?-[0-9]{8,}-[0-9]{8,}-[A-Za-z0-9-]{20,}|xox[aors]-[0-9]+-[A-Za-z0-9]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]+|xoxe(?:\.xox[bp])?-\d-[A-Za-z0-9]{100,})" "A token of Slack is in the text."
    "secret.slack-webhook" "SLACK_WEBHOOK" 0.95 ["hooks.slack.com/"]
        r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{30,80}" "An address that posts to Slack is in the text."
    "secret.discord-webhook" "DISCORD_WEBHOOK" 0.95 ["/api/webhooks/"]
        r"discord(?:app)?\.com/api/webhooks/\d{15,20}/[A-Za-z0-9_-]{50,80}" "An address that posts to Discord is in the text."
    "secret.teams-webhook" "TEAMS_WEBHOOK" 0.95 ["webhook.office.com"]
        r"webhook\.office\.com/webhookb2/[a-f0-9-]{36}@[a-f0-9-]{36}/IncomingWebhook/[a-f0-9]{32}/[a-f0-9-]{36}" "An address that posts to Teams is in the text."
    "secret.stripe" "STRIPE_KEY" 0.95 ["sk_" "rk_" "whsec_"]
        r"\b(?:(?:sk|rk)_(?:live|test|prod)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{24,})" "A key of Stripe is in the text."
    "secret.openai" "OPENAI_KEY" 0.96 ["t3blbkfj" "sk-proj-" "sk-svcacct-" "sk-admin-"]
        r"\bsk-(?:[A-Za-z0-9_-]{10,}T3BlbkFJ[A-Za-z0-9_-]{10,}|(?:proj|svcacct|admin)-[A-Za-z0-9_-]{60,})" "A key of OpenAI is in the text."
    "secret.anthropic" "ANTHROPIC_KEY" 0.96 ["sk-ant-"]
        r"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{40,}" "A key of Anthropic is in the text."
    "secret.openrouter" "API_KEY" 0.95 ["sk-or-v1-" "sk-lf-" "pk-lf-" "sk-kimi-" "sk_sandbox" "pplx-" "gsk_" "xai-" "r8_" "hf_" "api_org_" "tvly-" "fw_" "csk-" "jina_" "nvapi-" "tgp_v1_" "vapi_" "voyage-" "pa-"]
        r"(?-i)\b(?:sk-or-v1-[0-9a-f]{64}|(?:sk|pk)-lf-[0-9a-f-]{36}|pplx-[A-Za-z0-9]{40,}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|r8_[A-Za-z0-9]{30,}|hf_[A-Za-z]{34}|hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z]{34}|tvly-(?:dev-|prod-)?[A-Za-z0-9]{20,}|fw_[A-Za-z0-9]{22,}|csk-[a-z0-9]{40,}|jina_[A-Za-z0-9_-]{50,}|nvapi-[A-Za-z0-9_-]{50,}|tgp_v1_[A-Za-z0-9_-]{40,}|pa-[A-Za-z0-9_-]{40,})" "A key of a model's vendor is in the text."
    "secret.google" "GOOGLE_KEY" 0.95 ["aiza" "gocspx-" "ya29." "1//0"]
        r"(?-i)(?:\bAIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{24,28}|\bya29\.[A-Za-z0-9_-]{20,}|\b1//0[A-Za-z0-9_-]{30,})" "A key of Google is in the text."
    "secret.npm" "NPM_TOKEN" 0.95 ["npm_"]
        r"\bnpm_[A-Za-z0-9]{36}\b" "A token of a package registry is in the text."
    "secret.npm-auth" "NPM_TOKEN" 0.9 ["_authtoken" "_password" "_auth"]
        r"(?:^|[\s:/])_(?:authToken|password|auth)\s?=\s?([A-Za-z0-9+/=_-]{8,})" "A token of a package registry is in the text."
    "secret.cargo" "REGISTRY_TOKEN" 0.9 ["cio" "rubygems_" "oy2" "dckr_" "npm_" "akc" "cmv"]
        r"(?-i)\b(?:cio[A-Za-z0-9]{32}|rubygems_[a-f0-9]{48}|oy2[a-z0-9]{43}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|AKC[a-zA-Z0-9]{10,}|cmVmd[A-Za-z0-9]{50,})\b" "A token of a package registry is in the text."
    "secret.digitalocean" "DIGITALOCEAN_TOKEN" 0.95 ["dop_v1_" "doo_v1_" "dor_v1_"]
        r"\bdo[opr]_v1_[a-f0-9]{64}" "A token of DigitalOcean is in the text."
    "secret.databricks" "DATABRICKS_TOKEN" 0.92 ["dapi"]
        r"\bdapi[a-f0-9]{32}(?:-\d)?\b" "A token of Databricks is in the text."
    "secret.sendgrid" "SENDGRID_KEY" 0.95 ["sg."]
        r"(?-i)\bSG\.[A-Za-z0-9_-]{18,26}\.[A-Za-z0-9_-]{39,50}" "A key of SendGrid is in the text."
    "secret.mailgun" "MAIL_KEY" 0.9 ["key-" "pubkey-"]
        r"\b(?:pub)?key-[a-f0-9]{32}\b" "A key of a mail service is in the text."
    "secret.sendinblue" "MAIL_KEY" 0.95 ["xkeysib-" "xsmtpsib-"]
        r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}" "A key of a mail service is in the text."
    "secret.twilio" "TWILIO_KEY" 0.85 ["sk" "ac"]
        r"(?-i)\b(?:SK|AC)[0-9a-f]{32}\b" "A key of Twilio is in the text."
    "secret.telegram" "TELEGRAM_TOKEN" 0.93 [":a"]
        r"(?-i)\b(?:bot)?(\d{8,10}:(?:AA[A-Za-z0-9_-]{32}|A[A-Za-z0-9_-]{34}))(?:[^A-Za-z0-9_-]|$)" "The token of a Telegram bot is in the text."
    "secret.square" "SQUARE_TOKEN" 0.93 ["eaaa" "sq0"]
        r"(?-i)\b(?:EAAA[A-Za-z0-9_+/=-]{50,}|sq0[a-z]{3}-[A-Za-z0-9_-]{22,43})" "A token of Square is in the text."
    "secret.facebook" "FACEBOOK_TOKEN" 0.9 ["eaa"]
        r"(?-i)\bEAA(?:M|C|[A-Za-z])[A-Za-z0-9]{80,}" "A token of Facebook is in the text."
    "secret.shopify" "SHOPIFY_TOKEN" 0.95 ["shp"]
        r"\bshp(?:at|ca|pa|ss|tka)_[a-f0-9]{32}\b" "A token of Shopify is in the text."
    "secret.grafana" "GRAFANA_TOKEN" 0.95 ["glc_" "glsa_" "eyjrijoi"]
        r"(?-i)\b(?:glc_[A-Za-z0-9+/]{32,}={0,2}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|eyJrIjoi[A-Za-z0-9]{60,400}={0,3})" "A token of Grafana is in the text."
    "secret.planetscale" "PLANETSCALE_TOKEN" 0.95 ["pscale_"]
        r"\bpscale_(?:tkn|oauth|pw)_[A-Za-z0-9=._-]{32,64}" "A token of PlanetScale is in the text."
    "secret.sentry" "SENTRY_TOKEN" 0.95 ["sntry"]
        r"\b(?:sntrys_eyJ[A-Za-z0-9+/=_-]{80,}|sntryu_[a-f0-9]{64})(?:[^a-f0-9]|$)" "A token of Sentry is in the text."
    "secret.atlassian" "ATLASSIAN_TOKEN" 0.95 ["atatt3" "atctt3" "atbb"]
        r"(?-i)\b(?:AT[AC]TT3[A-Za-z0-9_=-]{60,}|ATBB[A-Za-z0-9]{24,})" "A token of Atlassian is in the text."
    "secret.linear" "LINEAR_KEY" 0.95 ["lin_api_" "lin_oauth_"]
        r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}" "A key of Linear is in the text."
    "secret.notion" "NOTION_TOKEN" 0.92 ["secret_" "ntn_"]
        r"(?-i)\b(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,50})\b" "A token of Notion is in the text."
    "secret.postman" "POSTMAN_KEY" 0.95 ["pmak-"]
        r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}" "A key of Postman is in the text."
    "secret.pulumi" "CLOUD_TOKEN" 0.93 ["pul-" "dp." "fm1" "fm2" "fo1_" "fio-u-" "sbp_" "dt0" "rnd_" "hrku-" "nfp_" "ops_" "pnu_" "pnb_"]
        r"(?-i)\b(?:pul-[a-f0-9]{40}|dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{40,}|fm[12][a-z]?_[A-Za-z0-9+/=_-]{60,}|fo1_[A-Za-z0-9_-]{43}|fio-u-[A-Za-z0-9_=-]{64}|sbp_[a-f0-9]{40}|dt0[a-z]\d{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}|HRKU-[A-Za-z0-9_-]{36,}|nfp_[A-Za-z0-9]{36}|pn[ub]_[A-Za-z0-9]{36}|ops_eyJ[A-Za-z0-9+/=_-]{100,}|rnd_[A-Za-z0-9]{28,})" "A token of a cloud service is in the text."
    "secret.1password" "ONEPASSWORD_KEY" 0.93 ["a3-"]
        r"(?-i)\bA3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}\b" "A secret key of 1Password is in the text."
    "secret.age-artifactory" "ARTIFACTORY_TOKEN" 0.85 ["akc" "ap" "cmv"]
        r"(?-i)(?:^|[\s=:\x22'])(AKC[A-Za-z0-9]{10,}|AP[\dABCDEF][A-Za-z0-9]{8,64})(?:[\s\x22']|$)" "A token of Artifactory is in the text."
    "secret.cloud-misc" "CLOUD_TOKEN" 0.93 ["squ_" "sqp_" "sqa_" "ltai" "akid" "amzn." "amzn1." "ccipat_" "cciprj_" "bkua_"]
        r"(?-i)\b(?:sq[pua]_[a-f0-9]{40}|LTAI[A-Za-z0-9]{12,20}|AKID[A-Za-z0-9]{32}|amzn\.(?:mws|oauth)\.[a-f0-9-]{36}|amzn\.oa2-cs\.v1\.[a-f0-9]{64}|amzn1\.oa2-cs\.v1\.[a-f0-9]{64}|CCI(?:PAT|PRJ)_[A-Za-z0-9]{20,24}_[a-z0-9]{32,50}|bkua_[a-f0-9]{40})" "A token of a cloud service is in the text."
    "secret.observability" "API_KEY" 0.92 ["phc_" "phx_" "phs_" "phr_" "pha_" "apify_api_" "figd" "figo" "figu" "shippo_" "ezak" "eztk" "duffel_" "fio-u-" "dnkey-" "rpa_" "sk_" "aio_" "lsv2_" "e2b_" "tskey-"]
        r"(?-i)\b(?:ph[crsxa]_[A-Za-z0-9_-]{40,}|sk_[a-f0-9]{48}\b|sk_(?:test_)?\d{1,2}x\d_[a-f0-9]{64}\b|apify_api_[A-Za-z0-9]{30,}|fig[dou][a-z]?_[A-Za-z0-9_-]{36,}|shippo_(?:live|test)_[A-Za-z0-9]{40}|EZ[AT]K[A-Za-z0-9]{54}|duffel_(?:test|live)_[A-Za-z0-9_=-]{43}|fio-u-[A-Za-z0-9_=-]{64}|dnkey-[A-Z0-9]{26}-[A-Z0-9]{52}|rpa_[A-Z0-9]{40,}|aio_[A-Za-z0-9]{28}|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|e2b_[a-f0-9]{40}|tskey-[a-z]+-[A-Za-z0-9]+-[A-Za-z0-9]+)" "A key of a service is in the text."
    "secret.payment" "PAYMENT_KEY" 0.92 ["access_token$" "access-" "flwseck" "rzp_" "test_" "live_" "flwpub"]
        r"(?-i)(?:access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}|\bFLWSECK(?:_TEST)?-[A-Za-z0-9-]{12,}|\bFLWPUBK_TEST-[A-Za-z0-9-]{30,}|\brzp_(?:live|test)_[A-Za-z0-9]{14}|\b(?:live|test)_(?:pub_)?[a-f0-9]{31,35}\b|access-(?:sandbox|development|production)-[0-9a-f-]{36})" "A key of a payment service is in the text."
    "secret.scalingo" "CLOUD_TOKEN" 0.92 ["tk-us-" "pat" "sat." "ico-" "yc" "t1." "aqvn"]
        r"(?-i)\b(?:tk-us-[A-Za-z0-9_-]{48}|[sp]at\.[A-Za-z0-9]{22}\.[a-z0-9]{24}\.[A-Za-z0-9]{20}|ico-[A-Za-z0-9]{32}|t1\.[A-Z0-9a-z_-]+={0,2}\.[A-Z0-9a-z_-]{86}={0,2}|AQVN[A-Za-z0-9_-]{35,38}|YC[a-zA-Z0-9_-]{38}|pat[A-Za-z0-9]{14}\.[a-f0-9]{64})" "A token of a cloud service is in the text."
    "secret.adobe" "API_KEY" 0.9 ["p8e-" "cfpat-" "pk.eyj" "sk.eyj" "tk.eyj" "pat-na" "pat-eu"]
        r"(?-i)\b(?:p8e-[A-Za-z0-9]{32}|CFPAT-[A-Za-z0-9_-]{43}|sk\.eyJ[A-Za-z0-9_-]{60,}\.[A-Za-z0-9_-]{20,}|[pt]k\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}|pat-(?:na|eu)\d-[a-f0-9]{8}-[a-f0-9-]{27})" "A key of a service is in the text."
    "secret.azure-client" "AZURE_SECRET" 0.9 ["q~"]
        r"(?-i)(?:^|[^A-Za-z0-9_~.-])([A-Za-z0-9_~.]{3}\dQ~[A-Za-z0-9_~.-]{31,34})(?:[^A-Za-z0-9_~.-]|$)" "A client secret of Azure is in the text."
    "secret.kubernetes" "API_KEY" 0.9 ["k10" "v1.0-"]
        r"(?-i)\b(?:v1\.0-[a-f0-9]{24}-[a-f0-9]{146}|K10[a-f0-9]{64}::server:[a-f0-9]{32})\b" "A token of a cluster or an edge network is in the text."
    "secret.wordpress-hash" "PASSWORD_HASH" 0.6 ["$2a$" "$2b$" "$2y$" "$6$" "$5$" "$1$" "$y$" "$2x$" "$apr1$" "$argon2" "{ssha" "$p$b"]
        r"(?-i)(?:\$2[abxy]\$\d{2}\$[./A-Za-z0-9]{53}|\$(?:1|5|6|y|apr1)\$(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{22,86}|\$argon2(?:id|i|d)\$v=\d+\$[^\s]{20,160}|\$P\$B[./A-Za-z0-9]{30}|\{SSHA(?:256|384|512)?\}[A-Za-z0-9+/]{28,120}={0,2})" "The hash of a password is in the text."
    "secret.netrc" "PASSWORD" 0.9 ["machine"] & ["password"]
        r"machine\s+\S{1,80}\s+login\s+\S{1,80}\s+password\s+(\S{3,80})" "A login of a netrc file is in the text."
    "secret.odbc" "PASSWORD" 0.85 ["password" "pwd"]
        r"(?:server|data source|user id|uid|provider|host)\s?=[^\n]{0,200};\s?(?:password|pwd)\s?=\s?([^\s;'\x22]{3,60})" "A connection string carries a password."
    "secret.cloudflare" "CLOUDFLARE_TOKEN" 0.93 ["cfut_" "cfat_" "cfk_" "vcp_" "vca_" "vci_" "vcr_" "vck_" "sha256~" "api-" "bbdc-" "sl." "00d" "odt_" "$krb5"]
        r"(?-i)(?:\b(?:cf(?:ut|at|k)|vc[apirk])_[A-Za-z0-9]{40,60}\b|sha256~[A-Za-z0-9_-]{43}|\bAPI-[A-Z0-9]{26}\b|\bBBDC-[A-Za-z0-9+/@_-]{40,50}|\bsl\.[A-Za-z0-9_-]{100,}|\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{80,}|\bodt_[A-Za-z0-9]{32}\b|\$krb5(?:asrep|tgs|pa)\$\d{1,2}\$\S{60,})" "A token of a service is in the text."
    "secret.vault" "VAULT_TOKEN" 0.8 ["s."]
        r"(?-i)(?:^|[\s=:\x22'])(s\.[A-Za-z0-9]{24})(?:[\s\x22']|$)" "A token of HashiCorp's Vault is in the text."
};

/// Tokens that may be thousands of characters long.
pub(super) const LONG: &[Rule] = rules! {
    "secret.jwt" "JWT" 0.9 ["eyj" "ewog"]
        r"(?-i)\b(?:eyJ|ewog)[A-Za-z0-9_-]{14,}\.(?:(?:eyJ|ewog|[A-Za-z0-9_-])[A-Za-z0-9_=-]{14,}\.(?:[A-Za-z0-9_-]{10,})?|eyJ[A-Za-z0-9_=-]{14,})" "A signed token that a service accepts (JWT) is in the text."
    "secret.jwe" "JWT" 0.85 ["eyj"]
        r"(?-i)\beyJ[A-Za-z0-9_-]{14,}\.\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+)?" "An encrypted token that a service accepts is in the text."
    "secret.pypi" "PYPI_TOKEN" 0.96 ["pypi-ag"]
        r"pypi-Ag[A-Za-z0-9_-]{50,}" "A token of a package registry is in the text."
};

pub(super) const NAMED: &[Rule] = rules! {
    "secret.bearer" "AUTHORIZATION" 0.85 ["bearer"]
        r"bearer\s{1,3}([A-Za-z0-9_.~+/=-]{14,500})" "A token for a service (`Bearer`) is in the text."
    "secret.basic" "AUTHORIZATION" 0.85 ["basic"]
        r"basic\s{1,3}([A-Za-z0-9+/]{12,400}={0,2})" "A user and a password for a service (`Basic`) are in the text."
    "secret.authorization" "AUTHORIZATION" 0.8 ["authorization"]
        r"authorization['\x22]?\s?[:=]\s{0,3}['\x22]?(?:(?:api-?token|api-?key|token|digest|apikey|splunk|sso-key|key|genie-?key|ssws|hmac|ntlm|negotiate|jwt|bot|oauth)[\s=]{1,2})?([A-Za-z0-9_.~+/=-]{16,400})" "A token for a service is in the text."
    "secret.curl-user" "PASSWORD" 0.85 [" -u" " --user" "\t-u" "\t--user" "\n-u" "\n--user" "\r-u" "\r--user"]
        r"[ \t\n\r](?:-u|--user)[\s=]{0,2}['\x22]?(?:[^\s:'\x22]{0,120}['\x22]?:['\x22]?([^\s'\x22:]{6,120})|[^\s:'\x22]{16,120}:)" "A user's password is in a command line."
};
