"""The words of series and study descriptions, in the languages of the hospitals that write them.

Patterns are searched in :func:`listener.classification.headers.words_in` text: lower case, without accents,
punctuation turned into blanks.
"""

import re
from re import Pattern


def _any(*alternatives: str) -> Pattern[str]:
    return re.compile("|".join(alternatives))


def _words(alternatives: str) -> str:
    """These words, not as parts of longer ones."""
    return rf"(?<![a-z])(?:{alternatives})(?![a-z])"


_WORD = r"(?:(?<![a-z0-9])|ax|sag|cor|tra|fse|tse|wip|ffe|tfe|3d|2d|space|vista|cube)"
"""Where a weighting may begin: at a word's start, or glued to the name of a plane or a sequence."""

T1 = _any(
    _WORD + r"t ?1(?!\d)",
    "mp ?rage",
    "(?<![a-z])(?:bravo|tfl|fspgr|spgr|ir ?fspgr|vibe|thrive|lava|mdeft|ge ?ir(?![a-z]))",
)
T2 = _any(
    _WORD + r"t ?2(?!\d|w? ?\*|w? ?star|w? ?stern|w? ?ffe)",
)
T2_STAR = _any(
    _words("s?sum"),
    r"t ?2w? ?(?:\*|star|stern)",
    "(?<![a-z])(?:hemo|haemo|heme|haem|hamo)",
    "(?<![a-z])(?:merge|medic|mffe|m ffe)",
    "t ?2w? ?ffe",
    "me ?2d1",
    "gre me(?![a-z])",
    "fgre t2",
    "t2 ?(?:gre|gradient|fl2d|flash)",
    "t2s(?![a-z])",
    "(?<![a-z])(?:me ?gre|mgre|me ?flash|aspire)(?![a-z])",
    "(?<![a-z])(?:gre|ge) t2",
)
ANY_WEIGHTING = _any(_WORD + r"t ?[12](?!\d)", "fla?ir", "stir", "tirm", "dens", _words("pd|dp|pdw"))
"""Whether a description names the weighting of an anatomical image at all."""

FLAIR = _any(
    "fla?ir",
    "dark ?fl",
    "dunkl",
    "tirm.{0,20}dark",
    "da fl(?![a-z])",
    "flaiir",
)
T1_FLAIR = _any(
    r"t ?1w? ?(?:\w+ ){0,3}fla?ir",
    r"fla?ir ?(?:\w+ ){0,2}t ?1(?!\d)",
    "t1flair",
)
STIR = _any(
    "(?<![a-z])stir",
    "(?<![a-z])tirm",
    "turbo ?irm",
    "short ?t(?:au|i) ?inv",
    "(?<![a-z])irfse",
)
PD = _any(
    _words("pd|dp|pdw"),
    "proton",
    "densit",
    "mt ?0",
    "mt ?off",
    "no ?mt(?![a-z])",
)
SWI = _any(
    _words("fsbb|bsi"),
    "(?<![a-z])swi",
    "(?<![a-z])swan",
    "ven(?:o|ous)? ?bold",
    "suscept",
    "suszept",
    "(?<![a-z])(?:mag|pha|mip|swi) ?images",
)
SWI_OF_ALL_ECHOES = _any(r"(?<![a-z])swi ?p(?![a-z])")
"""Philips' SWIp adds the echoes up, and gives the time of the first, which may be short."""
MTC = _any(
    "(?<![a-z])mtc",
    r"mt ?1(?!\d)",
    "mt ?on(?![a-z])",
    "magneti[sz]ation transf",
    "(?<![a-z])(?:mtw?|mgt)(?![a-z0-9])",
)
NO_MTC = _any(
    "mt ?0",
    "mt ?off",
    "(?:no|ohne|without|w o) ?mt(?![a-z])",
)
LOCALIZER = _any(
    _words("loc"),
    "locali[sz]",
    "lokali",
    "scout",
    "survey",
    "surview",
    "(?:3|three|tri) ?(?:pl|plane)(?![a-z])",
    "smart ?brain",
    "auto ?align",
    "(?<![a-z])aa ?(?:head|spine|scout)",
    "topogram",
    "ubersicht",
    "uebersicht",
    "reperage",
    "pilot",
    "localizador",
    "定位",
    "位置決",
    "(?<![a-z])plan ?scan",
    "локал",
    "(?<![a-z])scano",
)
CALIBRATION = _any(
    "calib",
    "(?<![a-z])(?:asset|array|arc) cal",
    "ref(?:erence)? ?scan",
    "coil ?sens",
    "prescan",
    "shim",
    "(?<![a-z])b1 ?map",
    "noise scan",
    "senseref",
)
FIELD_MAP = _any(
    "field ?map",
    "(?<![a-z])field(?! ?(?:of|view|strength|prep))(?![a-z])",
    "gre field",
    "b0 ?map",
    "(?<![a-z])fmap",
    r"distort(?!\w* ?corr)",
    "top ?up(?![a-z])",
    "fieldmapping",
    "pe ?polar",
    "(?<![a-z])blip ?(?:up|down)",
    "(?<![a-z])rev(?:erse[d]?)? ?(?:pol|phase|pe(?![a-z])|ped(?![a-z])|blip)",
)
ADC = _any(
    _words("d*adc|a(?:verage|vg) ?dc"),
    "apparent diff",
)
DERIVED_MAP = _any(
    _words(
        r"ktrans|nei|aif|sub(?! ?\d)|subtr\w*|subtraction|differenz|mean|tmap|zmap|"
        "ratio|fused?|fusion|overlay"
    ),
    "(?<![a-z])e ?adc",
    "exponential",
    "(?<![a-z])(?:col)?fa(?![a-z0-9])",
    r"fraction\w* ani?s",
    "tractogr",
    r"(?:t1|t2|t2 ?\*|r1|r2|r2 ?\*|pd|b0|phase|swi|t2 ?star) ?map",
    "mapit",
    "(?<![a-z])qsm",
    "synthetic|symri|magic(?![a-z])|maptic",
    "(?<![a-z])mdme",
    "color|colour",
)
B0 = _any(r"(?<![a-z])b0(?![a-z0-9])")
TENSOR = _any("tensor")
ECHO_PLANAR_FIELD_MAP = _any(_words("fm|ap|pa|lr|rl|up|down|rev|flipped|se ?epi"))
"""A spin echo with echo-planar readout that is named after the direction of its phase encoding."""

PHASE_ENCODING = _any(
    r"(?<![a-z])(?:phase|opp\w*|inv\w*) ?(?:enc\w* ?|dir\w* ?|pe ?)?(?:ap|pa|lr|rl)(?![a-z])"
)

PERFUSION_MAP = _any(_words(r"(?:r|rel)?cb[fv]|(?:r|rel)?mtt|ttp|tmax|pbp|gbp"))
BOLUS = _any(_words("dsc|dce|pwi|t1 ?perf|t2 ?perf|ep2d perf|perfusion|tricks|twist"), "灌注|перфуз")
SPIN_LABELLING = _any(_words("p?c?asl|pasl|spin ?label\\w*|arterial"))
SINGLE_SHOT = _any(_words("haste|ssfse|fase|ssh ?tse|ss ?tse|single ?shot"))
DWI = _any(
    _words(r"dw|ep b\d+|ez b\d*"),
    "(?<![a-z])[sdi]?dwi",
    "diff",
    "tensor",
    "difuz|diffuz",
    "(?<![a-z])dti",
    r"(?<![a-z])s?b ?=? ?[1-9]\d{2,3}(?!\d)",
    "trace",
    "(?<![a-z])resolve",
    "dw ?(?:epi|ssh|tse)",
    "ep2d diff",
    r"\d ?dir(?:s|ections?)?(?![a-z])",
    r"(?<![a-z])dir ?\d\d",
    "(?<![a-z0-9])dmri|hardi|noddi|multi ?shell",
    "弥散|扩散|拡散|확산|диффуз",
)
FUNCTIONAL = _any(
    "(?<![a-z])ep ?fid",
    _words("dsc|dce|p?c?asl|pwi|pasl|moco|task|func(?:tional)?|rest|twist|tricks"),
    "(?<![a-z])bold",
    "f ?mri",
    "resting",
    "rs ?fmri",
    "perfu",
    "labell?ing",
    "灌注",
    "перфуз",
    "dynami",
)
ANGIOGRAPHY = _any(
    _words("mip"),
    (
        r"(?<![a-z])(?:3d ?|2d ?)?(?:tof|mra|mrv|pca|ce ?mra|cemra|angio\w*|venogra\w*|inhance|qflow|"
        "fl tof)(?![a-z])"
    ),
    "willis",
    "phase ?contrast",
    "time ?of ?flight",
    r"(?<![a-z])s?3di(?![a-z])",
    "血管",
    "ангио",
    "(?<![a-z])(?:csf )?flow(?! ?comp)(?![a-z])",
)
MINIMUM_PROJECTION = _any(
    "(?<![a-z])(?:m(?:in)? ?ip|mnip)",
    "minimum int",
    "mip images",
)
PHASE = _any(
    "(?<!in )(?<![a-z])(?:pha|phase)(?: ?images?)?(?![a-z]| ?(?:wrap|enc|over|ap|pa|rl|lr|dir|os))",
    "filt ?pha",
    "phasen?bild",
)
MAGNITUDE_WORDS = _any(
    "(?<![a-z])mag(?:nitude)?(?: ?images?)?(?![a-z])",
)
OTHER_WEIGHTING = _any(
    _words(
        r"(?<!\d)(?<!\d )dir|psir|fgatir|mp2 ?rage|mp2r|wmn|inv ?[12]|uni|unt1|ciss|fiesta|trufi|"
        "true ?fisp|b ?ffe|"
        "balanced|bssfp|cosmic|psif|fisp|wave ?lab|zte|ute|petra|"
        r"pointwise|cine|tagg?ing|elast\w*|cest|apt\w*|svs|csi|mrsi?|press|spectro\w*|nativ flash|"
        r"vessel ?wall|vwi|myelo ?gra\w*|myelo|mrcp|vista drive|nerve ?view|mers|black ?blood|"
        r"t1 ?rho|molli|look ?locker|mrf|fingerprint\w*|qalas|mwf|silenz"
    ),
    "myelin ?water",
    "double ?inv",
    "phase ?sens",
    "quad(?:ruple)? ?ir",
)
FAT_IMAGE = _any(
    "(?<![a-z])(?:opp|out|outphase|outofphase|opposed)(?: ?phase)?(?![a-z])",
    "out of phase",
    "^ (?:fat(?! ?(?:sat|sup|nul|nav))|out ?phase)(?![a-z])",
    "(?<![a-z])fat (?:only|image)",
    r"(?<![a-z])(?:dixon|ideal|flex)\w* (?:\w+ )*(?:f|fat|op|opp)(?: [|]| $|$)",
)
FAT_SUPPRESSED = _any(
    _words(r"fs|fat ?sat|fatsat|spir|spair|spectair|fat ?supp\w*|dixon|ideal|we|water|fs"),
)
AFTER_CONTRAST = _any(
    _words(
        r"gd|gad|gado\w*|dotarem|magnevist|multihance|prohance|clariscan|omniscan|vueway|elucirem|ce|"
        "km|mdc|kl"
    ),
    r"\+ ?(?:c|gd|k|km|kontrast|contrast|contraste|mdc|gado)(?![a-z])",
    r"(?<![a-z])c ?\+",
    r"(?<![a-z])post(?! ?(?:op|er|fossa|proc|surg|rt))(?:con\w*|gd|gad\w*)?(?![a-z])",
    (
        "(?<![a-z])(?:with|avec|mit|con|com|med|met|nach|after|apres|dopo|tras|despues|wth|w) (?:iv |"
        "i v )?(?:con|contr|gad|gd|inj|prod|kontr|mdc|km)"
    ),
    _words(r"contrast\w*|kontrast\w*"),
    "(?<![a-z])(?:with|iv)(?= *(?:[|]|$))",
    "enhanc",
    r"(?<![a-z])inj(?:ect\w*)?(?![a-z])",
    "kontrast ?mittel",
    "(?<![a-z])(?:t1|t1w|mprage|bravo|tse|se|tra|ax|sag|cor) ?c(?= *(?:[|]|$))",
    "造影|增强|増強|조영",
    "контраст",
)
BEFORE_CONTRAST = _any(
    r"(?<![a-z])pre ?(?:con\w*|gd|gad\w*|km|inj\w*)(?![a-z])",
    _words(r"pre|nativ\w*|plain|unenhanced|non ?(?:con|enh)\w*|noncon\w*"),
    (
        "(?<![a-z])(?:without|w ?o|wo|ohne|sans|senza|sin|sem|utan|uten|zonder|bez|"
        r"no) (?:and )?(?:\w+ )?(?:con\w*|gad\w*|gd|inj\w*|prod\w*|kontr\w*|mdc|km|c(?![a-z]))"
    ),
    "(?<![a-z])(?:without|w ?o|wo|ohne|sans|senza|sin|sem)(?= *(?:[|]|$))",
    "平扫|单纯|単純",
    "без контр",
)
BRAIN = _any(
    _words(
        "head|skull|kopf|schadel|schaedel|nc|ncct|crane|cranio?|craneo|tete|cabeza|cabeca|testa|"
        r"hoofd|hode|huvud|glow[ay]|kafa|pituitar\w*|iac|stroke"
    ),
    "brain",
    "hirn",
    "cerveau",
    "en[ck]ephal|encefal",
    "(?<!atlanto)cerebr",
    "neuro ?cran",
    "hersen",
    "hjarn|hjern",
    "aivo",
    "mozg|mozek",
    "beyin",
    "tronco ?encef",
    "голов|мозг",
    "脳|頭|头|颅|脑|뇌|두부",
    "schlaganfall",
    "hippocamp",
    "kranial|cranial",
)
CERVICAL = _any(
    _words("hws|ccolumn|cwk|c col"),
    "(?<![a-z])c ?sp(?:ine?)?(?![a-z])",
    "cerv(?!eau)",
    "hals ?(?:wirbel|rygg|mark)",
    "halskot",
    "nacke",
    "szyj",
    "kaularan",
    "servik",
    "boyun",
    "ше[йи]н",
    "颈椎|颈|頸椎|頚椎|頸|경추",
    "(?<![a-z])c ?[12] ?c? ?[67t]",
    "cranio ?(?:cerv|vert)",
    "krcni|krk(?![a-z])",
)
OTHER_SPINE = _any(
    _words("lws|bws|lwk|bwk|lwz|bel|composed?"),
    "(?<![a-z])(?:l|t|d|ts|ls|tl)[ ]?(?:sp(?:ine)?)(?![a-z])",
    "lumb",
    "lomb",
    "thora[ck]",
    "torac",
    "dors(?:al|o)",
    "sacr|sakr|coccy",
    "lende",
    "brustwirbel",
    "поясн|грудн|крестц",
    "腰|胸椎|흉추|요추",
    r"(?:whole|total|ganz\w*|entire|full|gesamt\w*) ?(?:sp(?:ine)?|wirbel\w*|ws)(?![a-z])",
    "ledzw|piersiow",
    "bedern|hrudni",
)
ANY_SPINE = _any(
    _words("spine|spinal|sc|cord"),
    "spinalcord",
    "wirbel",
    "r(?:u|ue)ckenmark",
    "rachis",
    "(?:colonna|columna|coluna)",
    "vertebr",
    "m[yi]elo|mielo",
    "medull",
    "脊|척추",
    "позвон",
)
OTHER_PART = _any(
    _words(
        "knee|knie|genou|hip|hufte|hanche|shoulder|schulter|epaule|hombro|wrist|hand|elbow|ankle|"
        r"foot|fuss|pied|leg|thigh|arm|abdomen\w*|abdomin\w*|pelvi[sc]\w*|becken|bassin|liver|leber|"
        r"foie|higado|prostat\w*|breast|brust|sein|mama|heart|herz|card\w*|chest|uterus|rectum|kidney|"
        r"renal|niere|orbit\w*|tmj|face|brachial|plexus|extremity|femur|humerus|scrotum|larynx|"
        "thyroid|parotis|sinus|tongue"
    ),
)
AXIAL = _any(
    _words(r"ax|axial|axiale|axiaal|tra|trans|transv\w*|tr|axi"),
    "(?<![a-z])ax(?=t[12])",
    "横断|轴位|аксиал",
)
SAGITTAL = _any(
    "(?<![a-z])sag",
    "矢状|сагит",
)
CORONAL = _any(
    _words(r"cor|coro|coron\w*|frontal|koronal"),
    "(?<![a-z])cor(?=t[12])",
    "冠状|冠狀|корон",
)

PHANTOM = _any(
    _words(
        r"phantom(?! ?(?:limb|pain|schmerz))\w*|phant|fantom\w*|fantoma|acr|qa|"
        r"quality (?:assurance|control)|test ?object|magphan|"
        r"(?:daily|weekly|service) (?:qa|check|test)|konstanz\w*|water ?bottle"
    ),
    "ファントム|模体|水模|фантом",
)
ANIMAL = _any(
    _words(
        r"animals?|canine|canis|feline|felis|equine|bovine|porcine|ovine|murine|rodents?|mouse|mice|rats?|"
        r"macaques?|macaca|rhesus|monkeys?|marmosets?|dogs?|hund|chien|perro|cavallo|horses?|pferd|pigs?|"
        r"sheep|rabbits?|ferrets?|baboons?|minipigs?|brebis|moutons?|souris|lapins?|cochons?|schafe?|schwein|"
        r"maus|katze|ovejas?|cerdos?|conejos?|gatos?|gatto|nhp|"
        r"veterinar\w*|vet(?! ?(?:sat|sup|ond))|tierklinik|tierarzt"
    ),
    "獣医|犬|猫|ветерин",
)
ANIMAL_COIL = _any(_words("nhp|rats?|mouse|mice|rodents?|marmosets?|macaques?"))
ANIMAL_SCANNER = _any("bruker biospin")
HEAD_COIL = _any(
    "(?:(?<![a-z])|tx|rx|ch)(?:head|brain)(?! ?(?:neck|nk|spine|matrix))",
    r"hrbrain|cp head|ch ?brain|he ?[ap](?![a-z])",
)

ANY_HEAD_COIL = _any("head|brain")
"""Also those that take in the neck."""

HEAD_NECK_COIL = _any(
    _words(r"head ?neck\w*|hn\w?|nv|hna?p?s?|neuro ?vasc"),
    "neuro ?vascular",
    "headneck",
    "head ?(?:and|&) ?neck",
)
NECK_COIL = _any("(?<![a-z])neck", "cervical|(?<![a-z])c ?spine")
SPINE_COIL = _any("(?<![a-z])spine", "(?<![a-z])sp ?matrix")
TRACE = _any("trace", r"(?<![a-z])[sd]?b ?=? ?[1-9]\d{2,3}(?!\d)")
BOTH_CONTRAST = _any(
    r"(?<![a-z])w(?:ith)? ?(?:and|&|\+)? ?w(?:ith)? ?(?:o|out)(?![a-z])",
    r"(?<![a-z])w(?:ith)? ?(?:o|out) ?(?:and|&|\+)? ?w(?:ith)?(?![a-z])",
    "(?<![a-z])(?:wwo|mit und ohne|ohne und mit|avec et sans|sans et avec|con y sin|sin y con|com e sem)",
    _words("sem e com|con e senza|senza e con|met en zonder|pre and post|pre ?& ?post|pre post"),
    r"±|(?<![a-z])s c cont|平扫 ?\+ ?增强",
)
REFORMATTED = _any(_words(r"reformat\w*|curved|cpr"))
MPR = _any(_words("mpr"))
"""A multiplanar reformat, and on some scanners the short name of an MPRAGE."""

SPIN_ECHO_NAME = _any(
    "tse|spc|tir|fse|fast ?se|haste|cube|vista",
    r"(?<![a-z])(?:se|h)\d",
    "fir",
    r"epse|(?<![a-z])ep b\d|epi d[wt]i",
)
GRADIENT_ECHO_NAME = _any(
    r"(?<![a-z])t?fl(?:ash|\d|(?![a-z]))",
    "(?<![a-z])(?:me2d|swi|gre|ffe|tfe)",
    "spgr|fgre|mprage|medic|fm2d",
    "epfid|epi bold",
)
SPOILED_NAME = _any(r"(?<![a-z])fl[23]d|spgr|gre fsp|t1 ?ffe|rssg")
ECHO_PLANAR_NAME = _any(r"(?<![a-z])ep(?:i|irt|fid|se)?(?![a-z])")
NON_SELECTIVE_NAME = _any(r"(?:tfl|spc|cmp)[a-z\d]*(?: [a-z\d]+){0,2}(?:(?<=\d)| )ns(?![a-z])")
"""Prepared gradient echoes and three-dimensional spin echoes whose excitation has no slab."""

ZOOMED_NAME = _any(r"(?<![a-z])ez(?![a-z])", "zoom", "rfov")
"""Echo-planar readouts of which only a narrow field is excited."""

BALANCED_NAME = _any(r"(?<![a-z])(?:tfi|ci|de)[23]d", "fiesta|b ?ffe|true ?fi")
"""Fully balanced steady states, their constructive interference, and double echo steady states."""

SPECTROSCOPY_NAME = _any("(?<![a-z])(?:svs|csi|fid ?csi|press|steam|laser)(?![a-z])")
ANGIOGRAPHY_NAME = _any("tof", r"(?<![a-z])f[il][23]d\w* t\d")
"""The second: ramped excitation pulses, which keep the blood bright across a thick slab."""
