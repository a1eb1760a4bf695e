//! Check digits, as the offices compute them.

/// The digits of a number, whatever stands between them.
pub(super) fn digits(number: &str) -> Vec<u32> {
    number.chars().filter_map(|c| c.to_digit(10)).collect()
}

pub(super) fn always(_: &str) -> bool {
    true
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum()
}

fn luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != 0)
}

fn varied(digits: &[u32]) -> bool {
    digits.iter().any(|digit| *digit != digits[0])
}

/// A month and a day, as two digits each.
fn is_day(month: &[u32], day: &[u32]) -> bool {
    let (month, day) = (month[0] * 10 + month[1], day[0] * 10 + day[1]);
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

pub(super) fn abn(number: &str) -> bool {
    let mut digits = digits(number);
    digits.len() == 11 && digits[0] > 0 && {
        digits[0] -= 1;
        weighted(&digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
    }
}

pub(super) fn acn(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 9 && (10 - weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == digits[8]
}

pub(super) fn tfn(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 9
        && varied(&digits)
        && weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

pub(super) fn medicare(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 10 && weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == digits[8]
}

pub(super) fn sin(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 9 && !matches!(digits[0], 0 | 8) && luhn(&digits)
}

pub(super) fn aba(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 9 && varied(&digits) && weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

pub(super) fn npi(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 10 && varied(&digits[..9]) && luhn(&[&[8, 0, 8, 4, 0], &digits[..]].concat())
}

pub(super) fn nhs(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 10
        && varied(&digits)
        && (weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) + digits[9]).is_multiple_of(11)
}

/// ISO 7064, modulus 11,10.
pub(super) fn german_tax(number: &str) -> bool {
    let digits = digits(number);
    if digits.len() != 11
        || digits[0] == 0
        || (0..10).any(|digit| digits[..10].iter().filter(|one| **one == digit).count() > 3)
    {
        return false;
    }
    let product = digits[..10].iter().fold(10, |product, digit| {
        let sum = (digit + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == digits[10]
}

/// Letters count by their place in the alphabet, as two digits.
fn spelled(number: &str) -> Vec<u32> {
    let mut digits = Vec::new();
    for c in number.chars().filter(char::is_ascii_alphanumeric) {
        match c.to_digit(10) {
            Some(digit) => digits.push(digit),
            None => {
                let place = c.to_ascii_uppercase() as u32 - 'A' as u32 + 1;
                digits.extend([place / 10, place % 10]);
            }
        }
    }
    digits
}

fn crossed(digits: &[u32], weights: &[u32]) -> u32 {
    digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum()
}

pub(super) fn german_insurance(number: &str) -> bool {
    let digits = spelled(number);
    digits.len() == 11 && crossed(&digits[..10], &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]) % 10 == digits[10]
}

pub(super) fn german_pension(number: &str) -> bool {
    let digits = spelled(number);
    digits.len() == 13 && crossed(&digits[..12], &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]) % 10 == digits[12]
}

pub(super) fn lanr(number: &str) -> bool {
    let digits = digits(number);
    digits.len() == 9 && (10 - weighted(&digits[..6], &[4, 9, 4, 9, 4, 9]) % 10) % 10 == digits[6]
}

/// The check digit of machine-readable documents, weights 7, 3, 1.
pub(super) fn document(number: &str) -> bool {
    let signs: Vec<u32> = number.chars().filter_map(|c| c.to_digit(36)).collect();
    let Some((last, rest)) = signs.split_last() else { return false };
    let weights = [7, 3, 1].into_iter().cycle();
    rest.iter().zip(weights).map(|(sign, weight)| sign * weight).sum::<u32>() % 10 == *last
}

pub(super) fn spanish(number: &str) -> bool {
    const LETTERS: &[u8] = b"TRWAGMYFPDXBNJZSQVHLCKE";
    let upper = number.to_ascii_uppercase();
    let body: String = upper.replace('X', "0").replace('Y', "1").replace('Z', "2");
    let head = if upper.starts_with(['X', 'Y', 'Z']) { &body } else { &upper };
    let value: usize = head
        .bytes()
        .filter(u8::is_ascii_digit)
        .take(8)
        .fold(0, |value, digit| value * 10 + usize::from(digit - b'0'));
    upper.bytes().last() == Some(LETTERS[value % 23])
}

pub(super) fn finnish(number: &str) -> bool {
    const SIGNS: &[u8] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
    let bytes = number.as_bytes();
    let all: Vec<u32> = digits(&number[..6]);
    let value = digits(&format!("{}{}", &number[..6], &number[7..10]))
        .iter()
        .fold(0, |value, digit| value * 10 + digit);
    is_day(&all[2..4], &all[..2]) && bytes[10].to_ascii_uppercase() == SIGNS[(value % 31) as usize]
}

pub(super) fn swedish_person(number: &str) -> bool {
    let all = digits(number);
    let short = &all[all.len() - 10..];
    is_day(&short[2..4], &short[4..6]) && luhn(short)
}

pub(super) fn swedish_company(number: &str) -> bool {
    let all = digits(number);
    all.len() == 10 && all[2] >= 2 && luhn(&all)
}

pub(super) fn aadhaar(number: &str) -> bool {
    const TURN: [[u8; 10]; 10] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
        [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
        [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
        [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
        [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
        [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
        [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
        [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    ];
    const SWAP: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let all = digits(number);
    let check = all.iter().rev().enumerate().fold(0_u8, |check, (at, digit)| {
        TURN[usize::from(check)][usize::from(SWAP[at % 8][*digit as usize])]
    });
    all.len() == 12 && all[0] > 1 && check == 0
}

pub(super) fn pesel(number: &str) -> bool {
    let all = digits(number);
    all.len() == 11 && (weighted(&all, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) + all[10]).is_multiple_of(10)
}

pub(super) fn korean_company(number: &str) -> bool {
    let all = digits(number);
    let sum = weighted(&all, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + all[8] * 5 / 10;
    all.len() == 10 && (10 - sum % 10) % 10 == all[9]
}

pub(super) fn korean_person(number: &str) -> bool {
    let all = digits(number);
    is_day(&all[2..4], &all[4..6])
}

pub(super) fn thai(number: &str) -> bool {
    let all = digits(number);
    let sum = weighted(&all, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    // Provinces have numbers from 10 to 96.
    let province = all[1] * 10 + all[2];
    all.len() == 13 && (10..=96).contains(&province) && (11 - sum % 11) % 10 == all[12]
}

pub(super) fn turkish(number: &str) -> bool {
    let all = digits(number);
    let odd = all[0] + all[2] + all[4] + all[6] + all[8];
    let even = all[1] + all[3] + all[5] + all[7];
    all[0] > 0 && (odd * 7 + 100 - even) % 10 == all[9] && all[..10].iter().sum::<u32>() % 10 == all[10]
}

pub(super) fn south_african(number: &str) -> bool {
    let all = digits(number);
    all.len() == 13 && is_day(&all[2..4], &all[4..6]) && all[10] <= 2 && luhn(&all)
}

pub(super) fn italian_vat(number: &str) -> bool {
    let all = digits(number);
    all.len() == 11 && varied(&all) && luhn(&all)
}

pub(super) fn cpf(number: &str) -> bool {
    let all = digits(number);
    let digit = |count: usize| {
        let first = u32::try_from(count).unwrap_or(0) + 1;
        let sum: u32 = all[..count].iter().zip((2..=first).rev()).map(|(digit, weight)| digit * weight).sum();
        sum * 10 % 11 % 10
    };
    all.len() == 11 && varied(&all) && digit(9) == all[9] && digit(10) == all[10]
}

pub(super) fn bsn(number: &str) -> bool {
    let all = digits(number);
    all.len() == 9
        && varied(&all)
        && (weighted(&all, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * all[8]).is_multiple_of(11)
}

pub(super) fn french(number: &str) -> bool {
    let all = digits(number);
    let value = all[..13.min(all.len())].iter().fold(0_u64, |value, digit| value * 10 + u64::from(*digit));
    all.len() == 15 && 97 - value % 97 == u64::from(all[13] * 10 + all[14])
}

/// The number of a doctor who may prescribe (DEA).
pub(super) fn prescriber(number: &str) -> bool {
    let all = digits(number);
    all.len() == 7 && (all[0] + all[2] + all[4] + 2 * (all[1] + all[3] + all[5])) % 10 == all[6]
}

pub(super) fn insured(number: &str) -> bool {
    const NOT: [&str; 7] = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"];
    let head = number.get(..2).unwrap_or_default().to_ascii_uppercase();
    !NOT.contains(&head.as_str())
}

/// Drawn from 58 signs: without letters of both cases it is something else.
pub(super) fn bitcoin(address: &str) -> bool {
    let any = |test: fn(&u8) -> bool| address.as_bytes().iter().any(test);
    address.starts_with("bc1")
        || any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase) && any(u8::is_ascii_digit)
}
