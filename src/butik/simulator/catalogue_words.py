"""What the generated catalogue is composed of. The brands are invented; none is meant to be anybody's trademark."""

from dataclasses import dataclass

BRANDS = (
    "Vindkær", "Ravnbro", "Tangmose", "Ellekild", "Brunfald", "Sivager", "Grønsund By", "Muslebæk", "Tornvig",
    "Askelund", "Hyldedal", "Lærkeeng", "Stenodde", "Kornblik", "Bølgelund", "Rimhave", "Solspjæld", "Egekrog",
    "Hasselvang", "Mårhøj", "Nattergalen 9", "Pilekrat", "Rørskov", "Sandlom", "Tjørnely", "Ulvedal Mark",
    "Vibehede", "Ørnekær", "Åløkke 12", "Bregnerup", "Dugdråben", "Frøkorn", "Gærdesmutten", "Havtorn & Søn",
    "Isfuglen", "Jordbærgade", "Kløvermarken 4", "Lyngfuld", "Mosehat", "Nøddebo Krog", "Perlegræs", "Rødtop",
    "Skumring", "Tusindfryd 7", "Uglespejl", "Vejbred", "Æbleskur", "Østerhegn 3", "Blåklokken", "Fyrreduft",
    "Græsrod", "Hvalros", "Kastanje 22", "Lodbjerg Fad", "Mælkebøtten", "Nordhat", "Rævestreg", "Snebær",
    "Træhest", "Vandrefalk",
)  # fmt: skip

EDITIONS = ("Udvalgt", "Husets", "Gårdens")  # a brand's better lines: they fill catalogues beyond some 29,000 articles


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of goods: its variants and sizes, and what a middling one costs in øre."""

    group: str
    name: str
    variants: tuple[str, ...]
    sizes: tuple[str, ...]
    price: int
    unit: str = "PCS"
    vat_rate: int = 2500
    age_limit: int | None = None
    deposit: str = ""


DEPOSITS = (("A", 100), ("B", 150), ("C", 300))  # letter, øre

NEWSPAPERS = (
    "Morgenbladet Nord", "Fjordtidende", "Købstadsposten", "Øernes Avis", "Landevejen", "Dagens Kurs",
    "Sportsugen", "Aftenruten",
)  # fmt: skip

KINDS = (
    Kind("Mejeri", "Letmælk", ("", "Øko", "Laktosefri"), ("1L", "0,5L"), 1295),
    Kind("Mejeri", "Minimælk", ("", "Øko", "Laktosefri"), ("1L", "0,5L"), 1250),
    Kind("Mejeri", "Skyr", ("Naturel", "Vanilje", "Blåbær", "Hindbær", "Citron"), ("450g", "1kg"), 2195),
    Kind("Mejeri", "Yoghurt", ("Naturel", "Græsk", "Jordbær", "Pære", "Skovbær"), ("500g", "1L"), 1895),
    Kind("Mejeri", "Smør", ("", "Saltet", "Øko"), ("200g", "250g"), 2495),
    Kind("Mejeri", "Skiveost", ("Mild", "Mellemlagret", "Lagret", "Rygeost"), ("200g", "400g"), 3495),
    Kind("Mejeri", "Fløde", ("13%", "38%", "Øko 38%"), ("0,25L", "0,5L"), 1595),
    Kind("Mejeri", "Æg", ("Skrabe", "Frilands", "Øko"), ("6 stk", "10 stk", "15 stk"), 2995),
    Kind("Brød", "Rugbrød", ("Kerne", "Fuldkorn", "Solsikke", "Groft"), ("500g", "950g"), 2295),
    Kind("Brød", "Toastbrød", ("Lyst", "Fuldkorn", "Surdej"), ("400g", "600g"), 1695),
    Kind("Brød", "Boller", ("Hvede", "Fuldkorn", "Fødselsdag", "Rosin"), ("4 stk", "8 stk"), 1995),
    Kind("Brød", "Knækbrød", ("Sesam", "Rug", "Chia"), ("200g", "275g"), 2195),
    Kind("Brød", "Wienerbrød", ("Spandauer", "Tebirkes", "Kanelsnegl", "Romsnegl"), ("1 stk", "2 stk"), 1800),
    Kind("Kød og pålæg", "Leverpostej", ("Grov", "Fin", "Bacon"), ("200g", "500g"), 1995),
    Kind("Kød og pålæg", "Spegepølse", ("Skåret", "Hvidløg", "Chorizo"), ("80g", "150g"), 2295),
    Kind("Kød og pålæg", "Hakket oksekød", ("4-7%", "8-12%", "Øko"), ("400g", "800g"), 4995),
    Kind("Kød og pålæg", "Kyllingebryst", ("Naturel", "Marineret", "Øko"), ("300g", "700g"), 5995),
    Kind("Kød og pålæg", "Hamburgerryg", ("Skåret", "Røget"), ("100g", "180g"), 1895),
    Kind("Fisk", "Makrel i tomat", ("", "Peberrod"), ("125g", "200g"), 1595),
    Kind("Fisk", "Røget laks", ("Skåret", "Dild"), ("100g", "200g"), 3995),
    Kind("Fisk", "Torskerogn", ("", "Hel"), ("200g", "300g"), 2495),
    Kind("Frost", "Ærter", ("Fine", "Øko"), ("450g", "900g"), 1795),
    Kind("Frost", "Pizza", ("Margherita", "Skinke", "Pepperoni", "Grøntsager"), ("330g", "400g"), 3295),
    Kind("Frost", "Flødeis", ("Vanilje", "Chokolade", "Lakrids", "Jordbær"), ("0,5L", "1L"), 3995),
    Kind("Frost", "Fiskefileter", ("Panerede", "Rødspætte"), ("300g", "600g"), 4495),
    Kind("Kolonial", "Havregryn", ("Fin", "Grov", "Glutenfri", "Øko"), ("500g", "1kg"), 1695),
    Kind("Kolonial", "Hvedemel", ("", "Øko", "Tipo 00"), ("1kg", "2kg"), 1495),
    Kind("Kolonial", "Pasta", ("Penne", "Spaghetti", "Fusilli", "Skruer"), ("500g", "1kg"), 1395),
    Kind("Kolonial", "Ris", ("Jasmin", "Basmati", "Grød", "Parboiled"), ("1kg", "2kg"), 2495),
    Kind("Kolonial", "Flåede tomater", ("Hele", "Hakkede", "Basilikum"), ("400g", "3x400g"), 1095),
    Kind("Kolonial", "Ketchup", ("", "Mindre sukker", "Chili"), ("500g", "900g"), 2295),
    Kind("Kolonial", "Remoulade", ("", "Grov"), ("375g", "500g"), 2195),
    Kind("Kolonial", "Rapsolie", ("", "Koldpresset"), ("0,5L", "1L"), 2995),
    Kind("Kolonial", "Müsli", ("Frugt", "Nødder", "Kakao", "Bær"), ("500g", "750g"), 3495),
    Kind("Kolonial", "Honning", ("Flydende", "Fast", "Lyng"), ("350g", "450g"), 3995),
    Kind("Kolonial", "Marmelade", ("Jordbær", "Hindbær", "Solbær", "Abrikos"), ("280g", "400g"), 2695),
    Kind("Kaffe og te", "Kaffe", ("Mellemristet", "Mørkristet", "Hele bønner", "Koffeinfri"), ("400g", "500g"), 5495),
    Kind("Kaffe og te", "Te", ("Earl Grey", "Grøn", "Kamille", "Rooibos"), ("20 breve", "40 breve"), 2895),
    Kind("Slik og snacks", "Vingummi", ("Blandet", "Sure", "Lakrids"), ("110g", "270g"), 1995),
    Kind("Slik og snacks", "Chokolade", ("Mælk", "Mørk 70%", "Nød", "Marcipan", "Hvid"), ("40g", "100g", "180g"), 2195),
    Kind("Slik og snacks", "Chips", ("Salt", "Sourcream", "Dild", "Paprika"), ("150g", "250g"), 2595),
    Kind("Slik og snacks", "Lakrids", ("Salt", "Sød", "Peber"), ("100g", "165g"), 2495),
    Kind("Slik og snacks", "Nødder", ("Mandler", "Cashew", "Blandede", "Peanuts"), ("150g", "300g"), 3295),
    Kind("Slik og snacks", "Tyggegummi", ("Mint", "Frugt", "Lakrids"), ("10 stk", "30 stk"), 1495),
    Kind("Drikkevarer", "Cola", ("", "Sukkerfri", "Kirsebær"), ("33cl",), 1250, deposit="A"),
    Kind("Drikkevarer", "Cola", ("", "Sukkerfri"), ("1,5L", "2L"), 2495, deposit="C"),
    Kind("Drikkevarer", "Sodavand", ("Appelsin", "Citron", "Hindbær", "Grøn"), ("50cl",), 1995, deposit="B"),
    Kind("Drikkevarer", "Danskvand", ("", "Citrus", "Hyldeblomst"), ("50cl",), 1295, deposit="B"),
    Kind("Drikkevarer", "Energidrik", ("", "Sukkerfri", "Mango"), ("25cl", "50cl"), 1995, deposit="A"),
    Kind("Drikkevarer", "Juice", ("Appelsin", "Æble", "Multi", "Tranebær"), ("1L", "1,5L"), 2495),
    Kind("Drikkevarer", "Saft", ("Hyldeblomst", "Solbær", "Ribs"), ("1L", "0,75L"), 2995),
    Kind("Øl", "Pilsner", ("", "Øko", "Classic"), ("33cl",), 1095, age_limit=16, deposit="A"),
    Kind("Øl", "IPA", ("", "Hazy", "Session"), ("44cl",), 2995, age_limit=16, deposit="A"),
    Kind("Øl", "Porter", ("", "Røget", "Kaffe"), ("33cl",), 2595, age_limit=18, deposit="A"),
    Kind("Øl", "Alkoholfri øl", ("", "Hvede", "IPA"), ("33cl",), 1195, deposit="A"),
    Kind("Vin", "Rødvin", ("Italien", "Spanien", "Frankrig", "Chile"), ("75cl", "3L"), 6995, age_limit=18),
    Kind("Vin", "Hvidvin", ("Riesling", "Chardonnay", "Sauvignon"), ("75cl", "3L"), 6495, age_limit=18),
    Kind("Vin", "Mousserende", ("Brut", "Demi-sec", "Rosé"), ("75cl",), 7995, age_limit=18),
    Kind("Spiritus", "Snaps", ("Klar", "Dild", "Kommen"), ("35cl", "70cl"), 14995, age_limit=18),
    Kind("Spiritus", "Gin", ("", "Rabarber", "Tør"), ("50cl", "70cl"), 18995, age_limit=18),
    Kind("Tobak", "Cigaretter", ("Rød", "Blå", "Menthol"), ("20 stk",), 6200, age_limit=18),
    Kind("Tobak", "Rulletobak", ("Mild", "Fyldig"), ("40g",), 11500, age_limit=18),
    Kind("Tobak", "Nikotinposer", ("Mint 6mg", "Frost 9mg"), ("20 stk",), 4995, age_limit=18),
    Kind("Husholdning", "Toiletpapir", ("2-lags", "3-lags", "Genbrug"), ("8 ruller", "16 ruller"), 3995),
    Kind("Husholdning", "Køkkenrulle", ("", "Genbrug"), ("2 ruller", "4 ruller"), 2495),
    Kind("Husholdning", "Opvaskemiddel", ("Citron", "Parfumefri"), ("500ml", "750ml"), 1895),
    Kind("Husholdning", "Vaskepulver", ("Hvid", "Kulørt", "Parfumefri"), ("850g", "1,8kg"), 4995),
    Kind("Husholdning", "Affaldsposer", ("30L", "60L", "Bio 10L"), ("20 stk", "50 stk"), 2195),
    Kind("Husholdning", "Stearinlys", ("Hvide", "Røde", "Grønne"), ("8 stk", "20 stk"), 3995),
    Kind("Personlig pleje", "Shampoo", ("Normalt hår", "Tørt hår", "Sensitiv"), ("250ml", "400ml"), 3495),
    Kind("Personlig pleje", "Tandpasta", ("Mint", "Whitening", "Børn"), ("75ml", "125ml"), 2295),
    Kind("Personlig pleje", "Håndsæbe", ("Lavendel", "Parfumefri", "Citrus"), ("250ml", "500ml"), 2195),
    Kind("Personlig pleje", "Deodorant", ("Roll-on", "Spray", "Sensitiv"), ("50ml", "150ml"), 2995),
    Kind("Personlig pleje", "Plaster", ("Vandfast", "Blandet"), ("20 stk", "40 stk"), 2495),
    Kind("Kæledyr", "Hundefoder", ("Kylling", "Okse", "Lam"), ("400g", "1,5kg", "12kg"), 3995),
    Kind("Kæledyr", "Kattefoder", ("Laks", "Kylling", "And"), ("100g", "400g", "1kg"), 1995),
    Kind("Baby", "Bleer", ("Str 2", "Str 3", "Str 4", "Str 5"), ("28 stk", "52 stk"), 6995),
    Kind("Baby", "Grød", ("Majs", "Havre", "Banan"), ("200g", "240g"), 2295),
    Kind("Kontor og gaver", "Kuglepen", ("Blå", "Sort", "Rød"), ("1 stk", "3 stk"), 1995),
    Kind("Kontor og gaver", "Notesbog", ("A5", "A6", "Linjeret"), ("80 sider", "120 sider"), 2995),
    Kind("Kontor og gaver", "Gavepapir", ("Jul", "Fødselsdag", "Neutral"), ("3m", "5m"), 2495),
)

FRUIT = (
    ("Bananer", 2195), ("Æbler Elstar", 2495), ("Æbler Gråsten", 2995), ("Pærer Conference", 2795),
    ("Appelsiner", 2295), ("Citroner", 3495), ("Vindruer grønne", 4495), ("Vindruer blå", 4495),
    ("Blommer", 3995), ("Kartofler nye", 2495), ("Kartofler bage", 1895), ("Gulerødder løse", 1495),
    ("Løg", 1295), ("Rødløg", 1695), ("Hvidløg", 7995), ("Tomater", 2995), ("Cherrytomater", 5995),
    ("Peberfrugt rød", 4995), ("Champignon", 6995), ("Rødbeder", 1695), ("Pastinak", 2495),
    ("Sellerirod", 1895), ("Hvidkål", 1295), ("Ingefær", 5995),
)  # fmt: skip

DELICATESSEN = (
    ("Oksesteg", 14995), ("Flæskesteg", 7995), ("Mørbrad", 11995), ("Frikadeller", 8995), ("Rullepølse", 12995),
    ("Danablu", 15995), ("Havarti 45+", 9995), ("Brie", 13995), ("Oliven blandede", 17995),
    ("Torskefilet", 19995), ("Rødspættefilet", 18995), ("Rejer håndpillede", 39995), ("Bland selv slik", 11995),
    ("Mandler ristede", 19995),
)  # fmt: skip
