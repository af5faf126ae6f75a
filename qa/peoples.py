"""Peoples, by how each language calls them: "boliviano", "bolivienne", "bolivian".

French and Spanish write most of them without a capital, and so does who writes none at all.
"""

from qa.language import fold
from qa.types import Language

# What stands in front of an ending, without accents and capitals.
_STEMS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        """afghan albanian algerian american angolan argentine argentinian armenian australian
        austrian azerbaijani bahamian bangladeshi belarusian belgian belizean beninese
        bolivian bosnian brazilian british bulgarian burmese burundian cambodian cameroonian
        canadian chadian chilean chinese colombian comorian congolese croatian cuban cypriot
        czech danish dominican dutch ecuadorean ecuadorian egyptian english eritrean
        estonian ethiopian filipino finnish french gabonese gambian georgian german ghanaian
        greek guatemalan guinean guyanese haitian honduran hungarian icelandic indian
        indonesian iranian iraqi irish israeli italian ivorian jamaican japanese jordanian
        kazakh kenyan korean kosovar kuwaiti kyrgyz laotian latvian lebanese liberian libyan
        lithuanian macedonian malagasy malawian malaysian malian maltese mauritanian
        mauritian mexican moldovan mongolian montenegrin moroccan mozambican namibian
        nepalese nepali nicaraguan nigerian nigerien norwegian pakistani palestinian
        panamanian paraguayan peruvian portuguese puertorican qatari romanian russian
        rwandan salvadoran salvadorian saudi scottish senegalese serbian singaporean slovak
        slovenian somali spanish sudanese surinamese swedish swiss syrian taiwanese tajik
        tanzanian thai togolese trinidadian tunisian turkish ugandan ukrainian uruguayan
        uzbek venezuelan vietnamese welsh yemeni zambian zimbabwean""".split()
    ),
    "fr": frozenset(
        """afghan albanais algerien allemand americain andorran anglais angolais argentin
        armenien australien autrichien azerbaidjanais bahameen bangladais belge beninois
        bielorusse birman bolivien bosniaque bosnien bresilien britannique bulgare burkinabe
        burundais cambodgien camerounais canadien cap-verdien capverdien centrafricain
        chilien chinois chypriote colombien comorien congolais coreen costaricain
        costaricien croate cubain danois djiboutien dominicain ecossais egyptien emirati
        equatorien erythreen espagnol estonien etats-unien ethiopien finlandais francais
        gabonais gallois gambien georgien ghaneen grec grecqu guatemalteque guineen guyanien
        haitien hollandais hondurien hongrois indien indonesien irakien iranien irlandais
        islandais israelien italien ivoirien jamaicain japonais jordanien kazakh kenyan
        kirghize kosovar koweitien laotien letton libanais liberien libyen lituanien
        luxembourgeois macedonien malaisien malawien malgache malien maltais marocain
        mauricien mauritanien mexicain moldave mongol montenegrin mozambicain namibien
        neerlandais neo-zelandais nepalais nicaraguayen nigerian nigerien norvegien omanais
        ougandais ouzbek pakistanais palestinien panameen paraguayen peruvien philippin
        polonais portoricain portugais qatari roumain russe rwandais salvadorien saoudien
        senegalais serbe singapourien slovaque slovene somalien soudanais sud-africain
        suedois suisse surinamais syrien tadjik taiwanais tanzanien tchadien tcheque
        thailandais togolais tunisien turc turkmene turqu ukrainien uruguayen venezuelien
        vietnamien yemenite zambien zimbabween""".split()
    ),
    "es": frozenset(
        """afgan alban aleman andorran angolen angoles argelin argentin armeni australian
        austriac azerbaiyan bahamen bangladesi belg belice belicen beliz beni benin
        bielorrus bolivian bosni brasilen brasiler britanic bulgar burkinab burundes
        caboverdian cambojan camboyan camerunes canadiens centroafrican chec chilen chin
        chipriot colombian comorens congolen congoles corean costarricens croat cuban danes
        dominican ecuatorian egipci emirati eritre escoces eslovac esloven espanol
        estadounidens estoni etiop filipin finlandes frances gabones gales gambian georgian
        ghanes grieg guatemaltec guinean guyanes haitian holandes honduren hungar
        indi indonesi ingles irani iraqui irlandes islandes israeli italian jamaican
        jamaiquin japones jordan kazaj kenian keniata kirguis kosovar kuwaiti laosian leton
        liban libanes liberian libi lituan luxemburgues macedoni malasi malawi malgach mali
        maliens maltes marfilen marroqui maurician mauritan mejican mexican moldav mongol
        montenegrin mozambiquen namibi neerlandes neozelandes nepales nepali nicaraguens
        nigerian nigerin norcorean norueg omani palestin panamen paquistani paraguay
        paraguayan peruan polac portorriquen portugues puertorriquen qatari ruandes ruman
        rus salvadoren saudi senegales serbi singapurens siri somali sudafrican sudanes suec
        suiz surcorean surinames tailandes taiwanes tanzan tayik togoles tunecin turc
        ucranian ugandes uruguay uruguayan uzbek venezolan vietnamit yemeni zambian
        zimbabuens""".split()
    ),
}
_ENDINGS: dict[Language, tuple[str, ...]] = {
    "en": ("", "s"),
    "fr": ("", "s", "e", "es", "ne", "nes"),
    "es": ("", "s", "a", "as", "o", "os", "e", "es"),
}


def is_people(word: str, language: Language) -> bool:
    """Whether a word names a people, or is theirs: "peruanas"."""
    folded = fold(word)
    stems = _STEMS[language]
    return any(
        folded.endswith(ending) and folded[: len(folded) - len(ending)] in stems
        for ending in _ENDINGS[language]
    )
