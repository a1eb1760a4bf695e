//! The order to forget the rules, in languages other than English.

use super::super::rules::{Rule, rules};

pub(super) const RULES: &[Rule] = rules! {
    "prompt.override-spanish" "override" 0.88 ["ignora" "ignore" "olvida" "olvide" "descarta" "omita" "omite"] & ["instruc" "indicaci" "ordenes" "reglas" "anterior"]
        r"\b(?:ignor[ae]|olvid[ae]|descart[ae]|omit[ae])\w{0,2}\s+(?:\w+\s+){0,4}?(?:instrucci\w+|indicaci\w+|ordenes|reglas|instruco\w+|anterior(?:es)?)\b" "The text asks to ignore earlier instructions, in Spanish or Portuguese."
    "prompt.override-french" "override" 0.88 ["ignore" "oublie" "neglige"] & ["instruction" "consigne" "directive" "precedent" "regles"]
        r"\b(?:ignore[zr]?|oublie[zr]?|neglige[zr]?)\s+(?:les|vos|tes|mes|ces|des|toutes|tous|l|la|cette)['\s]+(?:\w+['\s]){0,4}?(?:instructions?|consignes?|directives?|precedent\w*|regles)\b" "The text asks to ignore earlier instructions, in French."
    "prompt.override-german" "override" 0.88 ["ignorier" "vergiss" "vergessen" "missacht" "vernachlaessig"]
        r"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w*)\s+(?:\w+\s+){0,5}?(?:anweisung\w*|instruktion\w*|befehl\w*|vorgabe\w*|regeln|aufgaben|(?:alles|das)\s+(?:vorherige|bisherige)|(?:vorherig|bisherig)\w*\s+(?:prompt|nachricht|eingabe|kontext|gespraech)\w*)\b" "The text asks to ignore earlier instructions, in German."
    "prompt.override-italian" "override" 0.88 ["ignora" "dimentica" "tralascia"]
        r"\b(?:ignora|dimentica)(?:re|te)?\s+(?:\w+\s+){0,4}?(?:istruzion\w+|precedent\w+|regole|indicazion\w+)\b" "The text asks to ignore earlier instructions, in Italian."
    "prompt.override-slavic" "override" 0.88 ["игнориру" "забуд" "zignoruj" "zapomnij" "zanemari" "ignoriraj" "zaboravi"]
        r"(?:(?:игнорируй|забудь)\S{0,8}\s.{0,60}(?:инструкци|указани|правил|команд)|(?:zignoruj|zapomnij)\w*\s.{0,40}(?:instrukcj|polece|zasad)|(?:zanemari|ignoriraj|zaboravi)\w*\s.{0,40}(?:upute|instrukcij|naredb|prethodn|pravil))" "The text asks to ignore earlier instructions, in a Slavic language."
    "prompt.override-chinese" "override" 0.88 ["忽略" "忘记" "无视" "無視" "忘記"]
        r"(?:忽略|忘记|忘記|无视|無視).{0,40}(?:指令|指示|提示|说明|规则|命令|要求|内容|規則)" "The text asks to ignore earlier instructions, in Chinese."
    "prompt.override-japanese" "override" 0.88 ["無視し" "忘れて" "무시" "잊어"]
        r"(?:(?:指示|命令|ルール|プロンプト).{0,30}(?:無視し|忘れて)|(?:지시|명령|규칙|프롬프트).{0,40}(?:무시|잊어))" "The text asks to ignore earlier instructions, in Japanese or Korean."
};
