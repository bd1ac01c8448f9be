//! Word lists: made-up names of companies and people, places of Brazil, and the countries of foreign debtors.
//!
//! Company names are a trade, a creature of Brazilian folklore and a fanciful word, so that nobody takes them for a
//! real firm. City codes are those of IBGE, because holidays and contact windows hang on them.

pub(super) const TRADES: &[&str] = &[
    "Comercial",
    "Distribuidora",
    "Metalúrgica",
    "Indústria",
    "Supermercados",
    "Farmácias",
    "Autopeças",
    "Embalagens",
    "Transportes",
    "Construtora",
    "Atacado",
    "Papelaria",
    "Laticínios",
    "Têxtil",
    "Agropecuária",
    "Eletrônicos",
    "Móveis",
    "Plásticos",
    "Tecnologia",
    "Alimentos",
];
pub(super) const CREATURES: &[&str] = &[
    "Saci",
    "Curupira",
    "Boitatá",
    "Iara",
    "Caipora",
    "Mapinguari",
    "Boiúna",
    "Cuca",
    "Matinta",
    "Uirapuru",
    "Lobisomem",
    "Bicho-Papão",
    "Mula Sem Cabeça",
    "Caboclo-d'Água",
    "Negrinho",
    "Vitória-Régia",
    "Boto Rosa",
    "Cobra-Grande",
    "Pai do Mato",
    "Anhangá",
    "Jurupari",
    "Tupã Imaginário",
    "Teju Jagua",
    "Ao Ao",
];
pub(super) const FANCIES: &[&str] = &[
    "Azul",
    "Dourado",
    "Veloz",
    "Risonho",
    "do Vale",
    "da Serra",
    "do Norte",
    "do Sul",
    "Celeste",
    "Sereno",
    "Prateado",
    "da Lua",
    "do Luar",
    "Andante",
    "Encantado",
    "Cantante",
    "Invisível",
    "Faceiro",
    "Pontual",
    "do Bosque",
    "das Nuvens",
    "do Cerrado",
    "da Mata",
    "Maroto",
];
pub(super) const FORMS: &[(&str, u32)] = &[("Ltda", 70), ("S.A.", 12), ("EIRELI", 6), ("ME", 8), ("EPP", 4)];

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ana",
    "Beatriz",
    "Bruno",
    "Camila",
    "Carlos",
    "Daniela",
    "Eduardo",
    "Fernanda",
    "Gabriel",
    "Helena",
    "Igor",
    "Juliana",
    "Lucas",
    "Mariana",
    "Marcos",
    "Natália",
    "Otávio",
    "Patrícia",
    "Rafael",
    "Renata",
    "Sílvia",
    "Tiago",
    "Vanessa",
    "William",
];
pub(super) const LAST_NAMES: &[&str] = &[
    "Almeida", "Barbosa", "Cardoso", "Costa", "Dias", "Ferreira", "Gomes", "Lima", "Martins", "Melo", "Moreira",
    "Nogueira", "Oliveira", "Pereira", "Ramos", "Ribeiro", "Rocha", "Santos", "Silva", "Souza", "Teixeira", "Vieira",
];

/// A Brazilian city.
pub(super) struct Place {
    pub state: &'static str,
    /// Seven digits, as IBGE numbers them.
    pub city: &'static str,
    pub name: &'static str,
    /// Area code of telephone numbers.
    pub area_code: &'static str,
}

const fn place(state: &'static str, city: &'static str, name: &'static str, area_code: &'static str) -> Place {
    Place { state, city, name, area_code }
}

/// Cities and how many of a thousand debtors sit there.
pub(super) const PLACES: &[(&Place, u32)] = &[
    (&place("SP", "3550308", "São Paulo", "11"), 190),
    (&place("SP", "3509502", "Campinas", "19"), 40),
    (&place("SP", "3518800", "Guarulhos", "11"), 34),
    (&place("SP", "3534401", "Osasco", "11"), 22),
    (&place("SP", "3548708", "São Bernardo do Campo", "11"), 22),
    (&place("SP", "3543402", "Ribeirão Preto", "16"), 22),
    (&place("SP", "3552205", "Sorocaba", "15"), 18),
    (&place("SP", "3549904", "São José dos Campos", "12"), 17),
    (&place("MG", "3106200", "Belo Horizonte", "31"), 60),
    (&place("MG", "3170206", "Uberlândia", "34"), 25),
    (&place("MG", "3118601", "Contagem", "31"), 20),
    (&place("RJ", "3304557", "Rio de Janeiro", "21"), 75),
    (&place("RJ", "3303302", "Niterói", "21"), 10),
    (&place("RJ", "3301702", "Duque de Caxias", "21"), 10),
    (&place("PR", "4106902", "Curitiba", "41"), 48),
    (&place("PR", "4113700", "Londrina", "43"), 16),
    (&place("PR", "4115200", "Maringá", "44"), 14),
    (&place("RS", "4314902", "Porto Alegre", "51"), 45),
    (&place("RS", "4305108", "Caxias do Sul", "54"), 20),
    (&place("SC", "4209102", "Joinville", "47"), 28),
    (&place("SC", "4202404", "Blumenau", "47"), 18),
    (&place("SC", "4205407", "Florianópolis", "48"), 18),
    (&place("BA", "2927408", "Salvador", "71"), 32),
    (&place("BA", "2910800", "Feira de Santana", "75"), 10),
    (&place("GO", "5208707", "Goiânia", "62"), 30),
    (&place("PE", "2611606", "Recife", "81"), 30),
    (&place("CE", "2304400", "Fortaleza", "85"), 28),
    (&place("ES", "3205309", "Vitória", "27"), 18),
    (&place("DF", "5300108", "Brasília", "61"), 22),
    (&place("MT", "5103403", "Cuiabá", "65"), 12),
    (&place("MS", "5002704", "Campo Grande", "67"), 10),
    (&place("PA", "1501402", "Belém", "91"), 10),
    (&place("AM", "1302603", "Manaus", "92"), 12),
    (&place("MA", "2111300", "São Luís", "98"), 6),
    (&place("RN", "2408102", "Natal", "84"), 6),
    (&place("PB", "2507507", "João Pessoa", "83"), 6),
    (&place("AL", "2704302", "Maceió", "82"), 4),
    (&place("PI", "2211001", "Teresina", "86"), 4),
    (&place("SE", "2800308", "Aracaju", "79"), 3),
    (&place("RO", "1100205", "Porto Velho", "69"), 3),
    (&place("TO", "1721000", "Palmas", "63"), 3),
    (&place("AC", "1200401", "Rio Branco", "68"), 1),
    (&place("AP", "1600303", "Macapá", "96"), 1),
    (&place("RR", "1400100", "Boa Vista", "95"), 1),
];

/// A country of foreign debtors.
pub(super) struct Abroad {
    pub country: &'static str,
    pub language: &'static str,
    pub time_zone: &'static str,
    /// Start of a telephone number; four or seven digits follow, in ranges that are set aside or not assigned.
    pub dial: &'static str,
    pub dial_digits: usize,
    pub form: &'static str,
    pub city: &'static str,
}

pub(super) const ABROAD: &[(&Abroad, u32)] = &[
    (
        &Abroad {
            country: "US",
            language: "en",
            time_zone: "America/New_York",
            dial: "+120255501",
            dial_digits: 2,
            form: "LLC",
            city: "Springfield",
        },
        40,
    ),
    (
        &Abroad {
            country: "AR",
            language: "es",
            time_zone: "America/Argentina/Buenos_Aires",
            dial: "+54110",
            dial_digits: 7,
            form: "S.R.L.",
            city: "Buenos Aires",
        },
        25,
    ),
    (
        &Abroad {
            country: "CL",
            language: "es",
            time_zone: "America/Santiago",
            dial: "+5620",
            dial_digits: 8,
            form: "SpA",
            city: "Santiago",
        },
        15,
    ),
    (
        &Abroad {
            country: "MX",
            language: "es",
            time_zone: "America/Mexico_City",
            dial: "+52550",
            dial_digits: 7,
            form: "S.A. de C.V.",
            city: "Ciudad de México",
        },
        12,
    ),
    (
        &Abroad {
            country: "UY",
            language: "es",
            time_zone: "America/Montevideo",
            dial: "+5980",
            dial_digits: 7,
            form: "S.A.",
            city: "Montevideo",
        },
        8,
    ),
];
