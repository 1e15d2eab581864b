//! Names as they sound.

use pinyin::ToPinyin;

/// Full pinyin without blanks and the initials of a name, for searching and sorting.
pub fn spell(name: &str) -> (String, String) {
    // The reading of these as family names differs from the usual one.
    const SURNAMES: [(char, &str); 20] = [
        ('单', "shan"),
        ('曾', "zeng"),
        ('解', "xie"),
        ('仇', "qiu"),
        ('查', "zha"),
        ('盖', "ge"),
        ('区', "ou"),
        ('朴', "piao"),
        ('翟', "zhai"),
        ('尉', "yu"),
        ('乐', "yue"),
        ('任', "ren"),
        ('覃', "qin"),
        ('员', "yun"),
        ('缪', "miao"),
        ('冼', "xian"),
        ('重', "chong"),
        ('种', "chong"),
        ('秘', "bi"),
        ('逄', "pang"),
    ];
    let (mut full, mut initials) = (String::new(), String::new());
    for (i, c) in name.chars().enumerate() {
        let surname = SURNAMES
            .iter()
            .find(|(x, _)| i == 0 && *x == c)
            .map(|(_, sound)| *sound);
        match surname.or_else(|| c.to_pinyin().map(pinyin::Pinyin::plain)) {
            // ü is typed as v.
            Some(sound) => {
                let sound = sound.replace('ü', "v");
                initials.extend(sound.chars().next());
                full.push_str(&sound);
            }
            None if c.is_ascii_alphanumeric() => {
                initials.push(c.to_ascii_lowercase());
                full.push(c.to_ascii_lowercase());
            }
            None => {}
        }
    }
    (full, initials)
}
