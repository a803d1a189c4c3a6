"""Invented names in several scripts, invented streets, titles and phone ranges kept free for fiction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Culture:
    """Names of one language, each with how it is written in an e-mail address; families come first where they do."""

    given: tuple[tuple[str, str], ...]
    family: tuple[tuple[str, str], ...]
    country: str
    cities: tuple[tuple[str, str, str], ...]  # city, region, postal code


def _plain(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, name.lower()) for name in names)


CULTURES: tuple[Culture, ...] = (
    Culture(
        (("Jörg", "joerg"), ("Änne", "aenne"), *_plain("Ada", "Uma", "Karl-Otto", "Lene", "Emil", "Ida")),
        (("Größenmuster", "groessenmuster"), *_plain("Beispiel", "Muster", "Probe", "Platzhalter", "Vorlage")),
        "Germany",
        (("Berlin", "Berlin", "10115"), ("München", "Bayern", "80331"), ("Dresden", "Sachsen", "01067")),
    ),
    Culture(
        _plain("Ella", "Owen", "Grace", "Miles", "Ruth", "Alan", "Joy", "Dale"),
        (
            ("O'Sample", "osample"),
            ("Mc Placeholder", "mcplaceholder"),
            *_plain("Example", "Fakenham", "Mockley", "Nobody"),
        ),
        "United States",
        (("Boston", "MA", "02108"), ("Denver", "CO", "80202"), ("Austin", "TX", "78701")),
    ),
    Culture(
        (
            ("Éloïse", "eloise"),
            ("François", "francois"),
            ("Zoé", "zoe"),
            *_plain("Luc", "Jeanne", "Yves", "Manon", "Guy"),
        ),
        (("d'Exemple", "dexemple"), ("Modèle", "modele"), *_plain("Fictif", "Gabarit", "Essai", "Personne")),
        "France",
        (("Lyon", "Rhône", "69001"), ("Nîmes", "Gard", "30000"), ("Ajaccio", "Corse", "20000")),
    ),
    Culture(
        (
            ("İpek", "ipek"),
            ("Işıl", "isil"),
            ("Çağla", "cagla"),
            ("Ömer", "oemer"),
            *_plain("Can", "Deniz", "Ece", "Naz"),
        ),
        (("Örnek", "ornek"), ("Şablon", "sablon"), *_plain("Taslak", "Deneme", "Kurgu", "Model")),
        "Türkiye",
        (("İzmir", "İzmir", "35210"), ("Ankara", "Ankara", "06100"), ("Iğdır", "Iğdır", "76000")),
    ),
    Culture(
        (
            ("Łucja", "lucja"),
            ("Żaneta", "zaneta"),
            ("Jiří", "jiri"),
            ("Åse", "ase"),
            *_plain("Jan", "Ewa", "Olaf", "Tove"),
        ),
        (
            ("Przykład", "przyklad"),
            ("Vzorový", "vzorovy"),
            ("Eksempelsen", "eksempelsen"),
            *_plain("Prov", "Szkic", "Navn"),
        ),
        "Poland",
        (("Łódź", "Łódzkie", "90-001"), ("Kraków", "Małopolskie", "30-001"), ("Gdańsk", "Pomorskie", "80-001")),
    ),
    Culture(
        (
            ("Оксана", "oksana"),
            ("Тарас", "taras"),
            ("Леся", "lesya"),
            ("Марко", "marko"),
            ("Їлля", "yillia"),
            ("Ганна", "hanna"),
        ),
        (
            ("Приклад", "pryklad"),
            ("Зразок", "zrazok"),
            ("Макет", "maket"),
            ("Шаблон", "shablon"),
            ("Вигадка", "vyhadka"),
        ),
        "Ukraine",
        (("Київ", "Київ", "01001"), ("Львів", "Львівська область", "79000")),
    ),
    Culture(
        (("Ελένη", "eleni"), ("Νίκος", "nikos"), ("Ζωή", "zoi"), ("Άρης", "aris"), ("Ιώ", "io"), ("Μάρω", "maro")),
        (("Παράδειγμα", "paradeigma"), ("Δοκιμής", "dokimis"), ("Πρότυπος", "protypos"), ("Κανένας", "kanenas")),
        "Greece",
        (("Αθήνα", "Αττική", "105 57"), ("Θεσσαλονίκη", "Μακεδονία", "546 22")),
    ),
    Culture(
        (("ليلى", "layla"), ("سامي", "sami"), ("نور", "nour"), ("هدى", "huda"), ("عمر", "omar"), ("رنا", "rana")),
        (("مثال", "mithal"), ("نموذج", "namudhaj"), ("تجربة", "tajriba"), ("خيال", "khayal")),
        "Jordan",
        (("عمّان", "عمّان", "11118"),),
    ),
    Culture(
        (("אדם", "adam"), ("נועה", "noa"), ("יעל", "yael"), ("דן", "dan"), ("מיה", "maya"), ("אור", "or")),
        (("דוגמה", "dugma"), ("תבנית", "tavnit"), ("בדיון", "bidyon"), ("טיוטה", "tyuta")),
        "Israel",
        (("חיפה", "חיפה", "3100000"),),
    ),
    Culture(
        (("आशा", "asha"), ("रवि", "ravi"), ("मीना", "meena"), ("अमित", "amit"), ("उमा", "uma"), ("किरण", "kiran")),
        (("उदाहरण", "udaharan"), ("नमूना", "namuna"), ("प्रारूप", "prarup"), ("कल्पित", "kalpit")),
        "India",
        (("पुणे", "महाराष्ट्र", "411001"), ("Mysuru", "Karnataka", "570001")),
    ),
    Culture(
        (
            ("花子", "hanako"),
            ("太郎", "taro"),
            ("さくら", "sakura"),
            ("ケン", "ken"),
            ("葵", "aoi"),
            ("𠮷彦", "yoshihiko"),
        ),
        (("例", "rei"), ("見本", "mihon"), ("仮名", "kamei"), ("試作", "shisaku"), ("架空", "kakuu")),
        "Japan",
        (("札幌市", "北海道", "060-0001"), ("京都市", "京都府", "600-8001")),
    ),
    Culture(
        (
            ("小明", "xiaoming"),
            ("美玲", "meiling"),
            ("하나", "hana"),
            ("지우", "jiwoo"),
            ("An", "an"),
            ("Thảo", "thao"),
        ),
        (("范例", "fanli"), ("样本", "yangben"), ("예시", "yesi"), ("견본", "gyeonbon"), ("Ví Dụ", "vidu")),
        "Singapore",
        (("Singapore", "", "018956"),),
    ),
)

STREETS = (
    "Example Street",
    "Musterweg",
    "Rue de l'Exemple",
    "Probegasse",
    "Sample Row",
    "Örnek Sokak",
    "Beispielallee",
)
TITLES = (
    "Buyer",
    "Head of Sales",
    "Ingénieure",
    "Geschäftsführer:in",
    "R&D Lead",
    "CTO & Co-Founder",
    "Qualitätsprüferin",
    "Accountant",
    "部長",
    "",
    "",
)
COMPANIES = (
    "Example Works",
    "Muster & Söhne GmbH",
    "Placeholder Ltd",
    "Société Exemple",
    "Fictional Freight, Inc.",
    "Probe AG",
    "Örnek A.Ş.",
    "架空商事",
    "Sample Seeds Co-op",
    "Nobody's Bakery",
)
TAGS = ("customer", "newsletter", "trade fair 2026", "VIP", "partner", "überfällig", "cold")

LINES: tuple[tuple[str, str, int], ...] = (
    # country code, prefix, how many last digits: ranges that the regulators keep for films and books
    ("49", "3023125", 3),
    ("49", "6990009", 3),
    ("49", "4066969", 3),
    ("49", "8999998", 3),
    *(("44", f"{area}4960", 3) for area in (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161)),
    ("44", "2079460", 3),
    *(("1", f"{area}55501", 2) for area in (202, 206, 212, 214, 303, 305, 312, 404, 415, 512, 602, 617, 702, 713, 801)),
)
