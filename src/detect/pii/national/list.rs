//! The numbers that are known, each with the words that name it.

use super::Id;
use super::checks;

/// One number a line: type, rule, how sure its form alone makes it, words, form, check.
macro_rules! ids {
    ($($label:literal $rule:literal $alone:literal [$($word:literal)*] $pattern:literal $check:ident)*) => {
        &[$(Id {
            label: $label, rule: $rule, words: &[$($word),*], pattern: $pattern, check: checks::$check, alone: $alone,
        }),*]
    };
}

pub(super) const IDS: &[Id] = ids! {
    "AU_ABN" "pii.au-abn" 0.4 ["abn" "australian business"] r"\d{2} ?\d{3} ?\d{3} ?\d{3}" abn
    "AU_ACN" "pii.au-acn" 0.35 ["acn" "australian company"] r"\d{3} ?\d{3} ?\d{3}" acn
    "AU_TFN" "pii.au-tfn" 0.35 ["tfn" "tax file"] r"\d{3} ?\d{3} ?\d{3}" tfn
    "AU_MEDICARE" "pii.au-medicare" 0.35 ["medicare"] r"[2-6]\d{3} ?\d{5} ?\d" medicare
    "CA_SIN" "pii.ca-sin" 0.4 ["sin" "social insurance" "nas"] r"\d{3}[- ]?\d{3}[- ]?\d{3}" sin
    "ABA_ROUTING_NUMBER" "pii.aba-routing" 0.3 ["aba" "routing" "transit"] r"[0123678]\d{3}-?\d{4}-?\d" aba
    "US_BANK_NUMBER" "pii.us-bank" 0.25 ["bank account" "account number" "checking account" "savings account" "account #" "acct"] r"\d{8,17}" always
    "US_ITIN" "pii.us-itin" 0.45 ["itin" "individual taxpayer" "tax id" "taxpayer"] r"9\d{2}(?:[- ][5-9]\d[- ]?\d{4}|[5-9]\d-?\d{4})" always
    "US_MBI" "pii.us-mbi" 0.6 ["mbi" "medicare beneficiary"] r"[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d{2}" always
    "US_NPI" "pii.us-npi" 0.4 ["npi" "national provider"] r"[12]\d{9}" npi
    "US_PASSPORT" "pii.us-passport" 0.3 ["passport" "travel document"] r"(?:[A-Z]\d{8}|\d{9})" always
    "US_DRIVER_LICENSE" "pii.us-driver-license" 0.2 ["driver license" "driver's license" "drivers license" "license number" "driving license"] r"(?:[A-Z]\d{3,14}|\d{7,9}|[A-Z]{2}\d{2,7})" always
    "MEDICAL_LICENSE" "pii.medical-license" 0.4 ["dea" "medical license" "certificate"] r"[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}" prescriber
    "UK_NHS" "pii.uk-nhs" 0.4 ["nhs" "national health"] r"\d{3}[- ]?\d{3}[- ]?\d{4}" nhs
    "UK_NINO" "pii.uk-nino" 0.6 ["nino" "national insurance" "ni number" "insurance number"] r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]" insured
    "UK_PASSPORT" "pii.uk-passport" 0.3 ["passport" "travel document" "hmpo"] r"[A-Z]{2}\d{7}" always
    "UK_DRIVING_LICENCE" "pii.uk-driving-licence" 0.6 ["driving licence" "driving license" "dvla" "licence number"] r"[A-Z9]{5}\d[0156]\d[0-3]\d{2}[A-Z9]{2}[A-Z0-9]{3}" always
    "UK_POSTCODE" "pii.uk-postcode" 0.3 ["postcode" "post code" "postal code"] r"(?:GIR ?0AA|[A-PR-UWYZ](?:\d[\dA-HJKPSTUW]?|[A-HK-Y]\d[\dABEHMNPRV-Y]?) ?\d[ABD-HJLNP-UW-Z]{2})" always
    "UK_VEHICLE_REGISTRATION" "pii.uk-vehicle" 0.3 ["car reg" "registration" "number plate" "licence plate" "vehicle" "vrm"] r"(?:[A-HJ-PR-Y][A-HJ-PR-Y](?:0[1-9]|[1-3]\d|5[1-9]|[67]\d) ?[A-HJ-PR-Z]{3}|[A-HJ-NPR-TV-Y]\d{1,3} ?[A-HJ-PR-Y]{3}|[A-HJ-PR-Y]{3} ?\d{1,3}[A-HJ-NPR-TV-Y])" always
    "DE_TAX_ID" "pii.de-tax-id" 0.4 ["idnr" "steuer" "tax id" "tin"] r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}" german_tax
    "DE_SOCIAL_SECURITY" "pii.de-social-security" 0.6 ["rvnr" "sozialversicherung" "rentenversicherung" "versicherungsnummer"] r"\d{2} ?\d{6} ?[A-Z] ?\d{3}" german_pension
    "DE_HEALTH_INSURANCE" "pii.de-health-insurance" 0.45 ["kvnr" "krankenversicher" "versichertennummer" "krankenkasse"] r"[A-Z]\d{9}" german_insurance
    "DE_LANR" "pii.de-lanr" 0.35 ["lanr" "arztnummer"] r"\d{9}" lanr
    "DE_BSNR" "pii.de-bsnr" 0.25 ["bsnr" "betriebsst"] r"\d{9}" always
    "DE_PASSPORT" "pii.de-passport" 0.45 ["passport" "reisepass" "passnummer"] r"[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{7}\d" document
    "DE_ID_CARD" "pii.de-id-card" 0.4 ["personalausweis" "ausweisnummer" "id card"] r"[LMNPRTVWXY][CFGHJKLMNPRTVWXYZ0-9]{8}\d" document
    "ES_NIF" "pii.es-nif" 0.6 ["nif" "dni" "documento nacional"] r"\d{7,8}-?[A-Z]" spanish
    "ES_NIE" "pii.es-nie" 0.6 ["nie" "extranjero"] r"[XYZ]-?\d{7}-?[A-Z]" spanish
    "ES_PASSPORT" "pii.es-passport" 0.3 ["pasaporte" "passport"] r"[A-Z]{3}\d{6}" always
    "FI_PERSONAL_IDENTITY_CODE" "pii.fi-hetu" 0.7 ["henkil" "hetu" "personal identity code"] r"\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]" finnish
    "IN_AADHAAR" "pii.in-aadhaar" 0.45 ["aadhaar" "aadhar" "uidai"] r"\d{4}[- :]?\d{4}[- :]?\d{4}" aadhaar
    "IN_PAN" "pii.in-pan" 0.5 ["pan" "permanent account"] r"(?:[A-Z]{5}\d{4}[A-Z]|[A-Z]\d{4}[A-Z]{5})" always
    "IN_GSTIN" "pii.in-gstin" 0.6 ["gstin" "gst"] r"(?:0[1-9]|[12]\d|3[0-8])[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]" always
    "IN_PASSPORT" "pii.in-passport" 0.25 ["passport"] r"[A-Z][1-9]\d{5}[1-9]" always
    "IN_VOTER" "pii.in-voter" 0.4 ["voter" "epic" "elector"] r"[A-Z]{3}\d{7}" always
    "IN_VEHICLE_REGISTRATION" "pii.in-vehicle" 0.3 ["vehicle" "registration" "number plate" "rto"] r"(?:[A-Z]{2}\d{1,2}[A-Z]{0,3}\d{4}|[A-Z]{3}\d{1,4})" always
    "IT_FISCAL_CODE" "pii.it-fiscal-code" 0.7 ["codice fiscale" "fiscal code"] r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]" always
    "IT_DRIVER_LICENSE" "pii.it-driver-license" 0.4 ["patente" "license"] r"(?:[A-Z]{2}\d{7}[A-Z]|U1[BCDFGHLJKMNPRSTUWYXZ0-9]{7}[A-Z])" always
    "IT_IDENTITY_CARD" "pii.it-identity-card" 0.3 ["carta d'identit" "carta identit" "identity card"] r"(?:[A-Z]{2} ?\d{7}|\d{7} ?[A-Z]{2}|[A-Z]{2} ?\d{5} ?[A-Z]{2})" always
    "IT_PASSPORT" "pii.it-passport" 0.3 ["passaporto" "passport"] r"[A-Z]{2}\d{7}" always
    "IT_VAT_CODE" "pii.it-vat" 0.35 ["partita iva" "p.iva" "vat"] r"(?:IT)?\d{11}" italian_vat
    "KR_RRN" "pii.kr-rrn" 0.45 ["rrn" "resident registration" "주민등록"] r"\d{6}-?[1-4]\d{6}" korean_person
    "KR_FRN" "pii.kr-frn" 0.45 ["frn" "foreigner registration" "외국인등록"] r"\d{6}-?[5-8]\d{6}" korean_person
    "KR_BRN" "pii.kr-brn" 0.4 ["brn" "business registration" "사업자"] r"\d{3}-?\d{2}-?\d{5}" korean_company
    "KR_DRIVER_LICENSE" "pii.kr-driver-license" 0.5 ["driver" "license" "운전면허"] r"(?:1[1-9]|2[0-68])[- ]\d{2}[- ]\d{6}[- ]\d{2}" always
    "KR_PASSPORT" "pii.kr-passport" 0.4 ["passport" "여권"] r"[MSRODG](?:\d{3}[A-Z]\d{4}|\d{8})" always
    "NG_VEHICLE_REGISTRATION" "pii.ng-vehicle" 0.4 ["vehicle" "plate" "registration"] r"[A-Z]{3}[- ]?\d{3}[- ]?[A-Z]{2}" always
    "PH_MOBILE_NUMBER" "pii.ph-mobile" 0.45 ["mobile" "numero" "cellphone" "cel"] r"(?:\+?63[- ]?|0 ?)\(?9\d{2}\)?[- ]?\d{3}[- ]?\d{4}" always
    "PH_TIN" "pii.ph-tin" 0.3 ["tin" "tax id" "taxpayer" "bir"] r"\d{3}-?\d{3}-?\d{3}(?:-?\d{3,5})?" always
    "PL_PESEL" "pii.pl-pesel" 0.4 ["pesel"] r"\d{11}" pesel
    "SE_PERSONNUMMER" "pii.se-personnummer" 0.45 ["personnummer" "pnr" "swedish id"] r"(?:is)?(?:19|20)?\d{6}[-+]?\d{4}" swedish_person
    "SE_ORGANISATIONSNUMMER" "pii.se-organisationsnummer" 0.4 ["organisationsnummer" "orgnr" "company identity"] r"\d{6}-?\d{4}" swedish_company
    "SG_NRIC_FIN" "pii.sg-nric" 0.45 ["nric" "fin"] r"[A-Z]\d{7}[A-Z]" always
    "SG_UEN" "pii.sg-uen" 0.35 ["uen" "unique entity"] r"(?:\d{8}[A-Z]|(?:19|20)\d{7}[A-Z]|[RST]\d{2}[A-Z]{2}\d{4}[A-Z])" always
    "TH_TNIN" "pii.th-tnin" 0.4 ["thai national" "tnin" "เลขประจำตัว"] r"[1-8]\d{12}" thai
    "TR_NATIONAL_ID" "pii.tr-national-id" 0.4 ["kimlik" "tckn" "tc no"] r"[1-9]\d{10}" turkish
    "TR_PHONE_NUMBER" "pii.tr-phone" 0.4 ["telefon" "cep" "gsm"] r"(?:\+90[- .]?|0 ?)?\(?[2-5]\d{2}\)?[- .]?\d{3}[- .]?\d{2}[- .]?\d{2}" always
    "TR_LICENSE_PLATE" "pii.tr-plate" 0.3 ["plaka" "plate"] r"(?:0[1-9]|[1-7]\d|8[01]) ?[A-Z]{1,3} ?\d{2,5}" always
    "ZA_ID_NUMBER" "pii.za-id" 0.45 ["south african" "sa id" "id number" "resident number"] r"\d{13}" south_african
    "CRYPTO" "pii.crypto" 0.6 ["wallet" "bitcoin" "btc"] r"(?:[13][a-km-zA-HJ-NP-Z1-9]{25,33}|bc1[ac-hj-np-z02-9]{25,71})" bitcoin
    "BR_CPF" "pii.br-cpf" 0.45 ["cpf"] r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}" cpf
    "FR_NIR" "pii.fr-nir" 0.5 ["nir" "numéro de sécurité sociale" "securite sociale"] r"[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}" french
    "DATE_TIME" "pii.date" 0.1 [] r"(?:\d{4}-\d{1,2}-\d{1,2}(?:T\d{2}:\d{2}[0-9:.]{0,10}(?:Z|[-+]\d{2}:?\d{2})?)?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{1,2}/\d{1,2}|(?:\d{1,2}-)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}-(?:\d{4}|\d{2})|\d{1,2}-(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6})" always
    "URL" "pii.url" 0.1 [] r"(?:(?:https?|ftp)://[^\s'\x22<>]+|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|co\.[a-z]{2}))" always
    "NL_BSN" "pii.nl-bsn" 0.35 ["bsn" "burgerservice"] r"\d{9}" bsn
};
