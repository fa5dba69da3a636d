"""Is this page of a kind that nobody should collect at work?

Health, tax, trade unions, banks, job search, private mail, dating and religion. A page is recognised by its host, from
lists of well-known ones and by words that only such hosts have in their names; and by its words: those of its title and
headings. One word is not enough, for ordinary work mentions banks and taxes all the time: what counts is that several
things come together (``THRESHOLD``). Which of the kinds it was is never told to anybody.

Pure. The lists cannot be complete; what they miss and what they hide in vain is counted in ``benchmarks/redaction``.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice


def _listed(names: str) -> frozenset[str]:
    return frozenset(names.split())


THRESHOLD = 3
"""Of one kind. A phrase that is about oneself or is the name of such a service counts 2, a word of the trade 1."""
TEXT_LIMIT, TEXTS_LIMIT = 400, 24
"""Characters of one text, and texts, that are looked at."""
REMEMBERED = 500

_HEALTH = """
1mg.com ada.com ameli.fr betterhelp.com cerebral.com doctolib.com doctolib.de doctolib.fr doctolib.it docplanner.com
docmorris.de doktor.se drugs.com followmyhealth.com goodrx.com
headspace.com healthgrades.com healthline.com hims.com jameda.de kry.se livi.fr maiia.com mayoclinic.org medlineplus.gov
miodottore.it monespacesante.fr mychart.com mychart.org netdoktor.de nhs.uk nhsapp.service.nhs.uk
onmeda.de patientaccess.com patient.info practo.com plannedparenthood.org qare.fr redcare-pharmacy.com salute.gov.it
sundhed.dk talkspace.com teladoc.com teladochealth.com tk.de aok.de barmer.de dak.de thuisarts.nl vidal.fr webmd.com
zavamed.com zocdoc.com znanylekarz.pl 1177.se healthcare.gov doctoralia.es topdoctors.es
"""
_TAX = """
agenciatributaria.es agenciatributaria.gob.es agenziaentrate.gov.it ato.gov.au belastingdienst.nl cra-arc.gc.ca
elster.de finanzonline.bmf.gv.at freetaxusa.com hrblock.com impots.gouv.fr incometax.gov.in irs.gov
portaldasfinancas.gov.pt podatki.gov.pl revenue.ie skat.dk skatteetaten.no skatteverket.se smartsteuer.de
steuergo.de tax.service.gov.uk taxact.com taxfix.de taxslayer.com turbotax.com turbotax.intuit.com vero.fi
wiso-steuer.de wundertax.de nta.go.jp hometax.go.kr receita.fazenda.gov.br sat.gob.mx
"""
_UNION = """
aflcio.org cfdt.fr cfe-cgc.org cgil.it cgt.fr cisl.it cnv.nl cwa-union.org dgb.de etuc-ces.org etuc.org fnv.nl
force-ouvriere.fr gew.de gmb.org.uk ibew.org igbau.de igbce.de igmetall.de ituc-csi.org lo.se nzz-solidarnosc.pl
oegb.at seiu.org solidarnosc.org.pl solidaires.org syndicom.ch teamster.org tuc.org.uk uaw.org ugt.es uil.it
unia.ch unionen.se unison.org.uk unitetheunion.org usw.org verdi.de ccoo.es
"""
_BANK = """
abnamro.nl ally.com americanexpress.com bankofamerica.com barclays.co.uk bbva.es bbva.com binance.com bnpparibas.net
bunq.com bnpparibasfortis.be boursobank.com boursorama.com bpm.it bper.it caixabank.es capitalone.com cash.app chase.com
coinbase.com comdirect.de commbank.com.au consorsbank.de credit-agricole.fr creditmutuel.fr cic.fr dkb.de e-trade.com
etrade.com fidelity.com fineco.it finecobank.com handelsbanken.se hsbc.com hsbc.co.uk ing.com ing.de ing.nl ing.es
intesasanpaolo.com kbc.be klarna.com kraken.com labanquepostale.fr lcl.fr lloydsbank.co.uk mbank.pl monzo.com
monabanq.com n26.com nationwide.co.uk natwest.com nordea.com nordea.se openbank.es paypal.com pkobp.pl ipko.pl
postfinance.ch postbank.de rabobank.nl rbc.com rbcroyalbank.com revolut.com robinhood.com santander.com
santander.co.uk sc.com schwab.com scalable.capital seb.se sg.fr particuliers.sg.fr sofi.com starlingbank.com
swedbank.se tangerine.ca td.com tdbank.com traderepublic.com truist.com tsb.co.uk ubs.com unicredit.it unicredit.eu
usbank.com usaa.com vanguard.com venmo.com wellsfargo.com westpac.com.au wise.com zkb.ch
"""
_JOBS = """
careerbuilder.com cadremploi.fr dice.com glassdoor.com glassdoor.de glassdoor.fr hellowork.com
hired.com indeed.com indeed.de indeed.fr infojobs.net infojobs.it jobbank.gc.ca jobindex.dk jobs.ch jobscout24.ch
jobvite.com kariera.gr kununu.com levels.fyi linkedin.com/jobs monster.com monster.de monster.fr naukri.com
nationalevacaturebank.nl otta.com pracuj.pl reed.co.uk seek.com.au simplyhired.com stepstone.de stepstone.fr
totaljobs.com welcometothejungle.com wellfound.com ziprecruiter.com arbeitsagentur.de
francetravail.fr pole-emploi.fr xing.com/jobs apec.fr platsbanken.se
"""
_MAIL = """
aol.com/mail caramail.com email.it fastmail.com freenet.de/mail gmx.at gmx.ch gmx.com gmx.de gmx.net hushmail.com
icloud.com/mail laposte.net libero.it/mail mail.163.com mail.aol.com mail.com mail.de mail.freenet.de mail.proton.me
mail.protonmail.com mail.qq.com mail.ru mail.yahoo.co.jp mail.yahoo.com mail.naver.com mailbox.org messagerie.orange.fr
outlook.live.com poczta.onet.pl poczta.wp.pl poczta.interia.pl posteo.de proton.me rediffmail.com seznam.cz
email.seznam.cz app.tuta.com tutanota.com web.de email.t-online.de webmail.free.fr zimbra.free.fr mail.rambler.ru
mail.yandex.com mail.yandex.ru webmail.sfr.fr
"""
_DATING = """
adultfriendfinder.com badoo.com bumble.com coffeemeetsbagel.com eharmony.com elitepartner.de feeld.co grindr.com
happn.com her.app hinge.co jaumo.com jdate.com lovoo.com match.com meetic.com meetic.fr muzz.com okcupid.com
parship.com parship.de plentyoffish.com pof.com scruff.com shaadi.com tinder.com zoosk.com
"""
_RELIGION = """
biblegateway.com bible.com bibleserver.com chabad.org churchofengland.org churchofjesuschrist.org dhammatalks.org
ekd.de hallow.com islamqa.info jw.org katholisch.de kirchenaustritt.de muslimpro.com quran.com sefaria.org
vatican.va youversion.com
"""

HOSTS: dict[str, frozenset[str]] = {
    kind: _listed(names)
    for kind, names in {
        "health": _HEALTH,
        "tax": _TAX,
        "union": _UNION,
        "bank": _BANK,
        "jobs": _JOBS,
        "mail": _MAIL,
        "dating": _DATING,
        "religion": _RELIGION,
    }.items()
}
"""Each also stands for all hosts below it; what follows a slash is how the path must begin."""

_ALL = frozenset().union(*HOSTS.values())
_PATHS = {name.partition("/")[0]: "/" + name.partition("/")[2] for name in _ALL if "/" in name}
_NAMES = frozenset(name for name in _ALL if "/" not in name)

_TOKENS = _listed(
    """
    apotheke arzt banca banco bank banking banken banque cabinetmedical clinic clinica clinique creditunion dating
    ebanking gewerkschaft hopital hospital jobboerse jobsearch klinik klinikum krankenhaus krankenkasse mychart
    netbanking onlinebanking patient patientportal patients pharmacie pharmacy psychotherapie raiffeisen sindacato
    sindicato sparkasse sparda steuererklaerung syndicat therapist therapy tradeunion volksbank myhealth
    """
)
"""Parts of a host's labels, between dots and hyphens, that ordinary places of work do not have."""
_INSIDE = re.compile(
    r"sparkasse|volksbank|raiffeisen|onlinebanking|netbanking|ebanking|creditunion|gewerkschaft|krankenkasse"
    r"|patientportal|patientenportal|mychart|bancomer|[a-z0-9]{2,}bank$|^bank(of|ing)[a-z]*|^banc[oa][a-z]{3,}"
)
_NO_BANKS = re.compile(
    r"(data|power|food|image|photo|river|time|seed|word|world|text|question|test|know|item|job)s?bank$"
    r"|^(bur|mill|south|north|clyde|snow|sand|eu|ew|mounte)bank$"
)
"""Other banks, then places and people of that name."""
_WORK_TLDS = frozenset({"local", "localhost", "internal", "intranet", "lan", "corp", "test", "example", "invalid"})
"""Of a company's own network: what a host there is called says nothing about the person."""


def sensitive_host(host: str, path: str = "/") -> bool:
    """Is what lies on ``host`` of such a kind, whatever the page says?"""
    host = host.casefold().strip(".")
    labels = host.split(".")
    above = {".".join(labels[place:]) for place in range(len(labels))}
    if above & _NAMES or any(path.startswith(_PATHS[name]) for name in above & _PATHS.keys()):
        return True
    if len(labels) < 2 or labels[-1] in _WORK_TLDS or labels[-1].isdigit():
        return False
    if labels[-1] == "bank":
        return True
    tokens = {token for label in labels[:-1] for token in label.split("-")}
    if tokens & _TOKENS:
        return True
    return any(_INSIDE.search(label) and not _NO_BANKS.search(label) for label in labels[:-1])


def sensitive_words(texts: Iterable[str]) -> bool:
    """Is a page with this title and these headings of such a kind?"""
    return _sensitive(tuple(text[:TEXT_LIMIT] for text in islice(texts, TEXTS_LIMIT)))


@lru_cache(REMEMBERED)
def _sensitive(texts: tuple[str, ...]) -> bool:
    """The same page is asked about again and again."""
    text = "\n".join(texts).casefold()
    return any(_score(strong, weak, text) >= THRESHOLD for strong, weak in _WORDS.values())


def _score(strong: re.Pattern[str], weak: re.Pattern[str], text: str) -> int:
    """A word of the trade that is a part of a phrase does not count again."""
    return 2 * _found(strong, text) + _found(weak, strong.sub("\n", text))


def _found(words: re.Pattern[str], text: str) -> int:
    """How many different ones are in ``text``."""
    return len({match.group() for match in words.finditer(text)})


def _any(phrases: str) -> re.Pattern[str]:
    """Any of the phrases, parted by commas or lines, as whole words; in scripts without blanks anywhere."""
    found = sorted({one.strip() for one in re.split(r"[,\n]", phrases)} - {""}, key=len, reverse=True)
    whole = (f"{_before(one)}{re.escape(one)}{_AFTER}" if _spaced(one) else re.escape(one) for one in found)
    return re.compile("|".join(whole))


_AFTER = r"(?!\w)"


def _before(phrase: str) -> str:
    """The end of an address may follow anything."""
    return "" if phrase.startswith("@") else r"(?<!\w)"


def _spaced(phrase: str) -> bool:
    return all(ord(one) < 0x2E80 for one in phrase)


_WORDS: dict[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "health": (
        _any(
            """
            patient portal, my health record, health record, medical record, your medical records, test results,
            lab results, book an appointment with a doctor, find a doctor, my prescriptions, repeat prescription,
            sick note, symptom checker, symptoms and treatment, mental health support, therapy session,
            fertility clinic, patientenportal, patientenakte, arzttermin, termin beim arzt, befund, laborwerte,
            krankmeldung,
            krankschreibung, meine krankenkasse, elektronische patientenakte, rezept einlösen, therapieplatz,
            dossier médical, mon espace santé, prendre rendez-vous avec un médecin, résultats d'analyses, ordonnance,
            arrêt maladie, historia clínica, pedir cita médica, cita médica, receta médica, resultados de análisis,
            baja médica, fascicolo sanitario, prenota visita, referti, cartella clinica, ricetta medica,
            dossiê médico, consulta médica, medisch dossier, huisartsafspraak, mijn huisarts, wizyta lekarska,
            e-recepta, journalen, läkartid, 診療予約, 検査結果, 病院預約, 挂号, 体检报告, запись к врачу, медкарта
            """
        ),
        _any(
            """
            patient, patients, doctor, doctors, gp, clinic, hospital, diagnosis, symptoms, symptom, treatment, therapy,
            therapist, prescription, prescriptions, medication, pharmacy, appointment, appointments, pregnancy,
            depression, anxiety, cancer, hiv, vaccination, arzt, ärztin, ärzte, praxis, klinik, krankenhaus, diagnose,
            symptome, behandlung, therapie, rezept, rezepte, apotheke, schwangerschaft, impfung, krankenkasse,
            médecin, santé, hôpital, symptômes, traitement, pharmacie, grossesse, rendez-vous, médico, hospital,
            síntomas, tratamiento, farmacia, embarazo, salud, medico, ospedale, sintomi, terapia, salute, visita,
            huisarts, ziekenhuis, klachten, lekarz, szpital, objawy, läkare, sjukhus, 症状, 医院, 病院, 医師, врач
            """
        ),
    ),
    "tax": (
        _any(
            """
            my tax return, your tax return, file your taxes, file your tax return, income tax return, self assessment,
            tax refund, personal tax account, tax return, steuererklärung, einkommensteuererklärung, lohnsteuerbescheid,
            einkommensteuerbescheid, mein elster, steuererstattung, déclaration d'impôts, déclaration de revenus,
            impôt sur le revenu, mes impôts, avis d'imposition, declaración de la renta, borrador de la renta,
            dichiarazione dei redditi, modello 730, declaração de irs, imposto de renda, belastingaangifte,
            aangifte inkomstenbelasting, zeznanie podatkowe, pit-37, inkomstdeklaration, självdeklaration,
            確定申告, 个人所得税, 所得税申报, налоговая декларация
            """
        ),
        _any(
            """
            taxes, income, refund, deductions, taxpayer, hmrc, irs, w-2, 1040, steuer, steuern, steuerbescheid,
            finanzamt, elster, lohnsteuer, steuerklasse, einkommen, impôts, impôt, revenus, fisc, renta, hacienda,
            irpf, redditi, agenzia delle entrate, tasse, belastingdienst, belasting, inkomen, podatek, urząd skarbowy,
            skatteverket, skatt, 税, налог
            """
        ),
    ),
    "union": (
        _any(
            """
            join the union, join a union, union membership, become a union member, trade union membership,
            your union rep, union dues, strike fund, mitglied werden in der gewerkschaft, gewerkschaftsmitglied,
            gewerkschaftsbeitrag, gewerkschaft beitreten, streikgeld, adhérer au syndicat, adhésion au syndicat,
            cotisation syndicale, afiliarse al sindicato, afíliate al sindicato, cuota sindical, iscriviti al sindacato,
            tessera sindacale, lid worden van de vakbond, vakbondslid, zapisz się do związku, członkostwo w związku,
            gå med i facket, 労働組合に加入, 加入工会
            """
        ),
        _any(
            """
            union, trade union, unions, strike, shop steward, collective bargaining, membership, gewerkschaft,
            gewerkschaften, streik, mitglied werden, mitgliedschaft, tarifvertrag, syndicat, syndicale, grève,
            adhésion, adhérer, sindicato, huelga, afiliación, sindacato, sciopero, iscrizione, vakbond, staking,
            związek zawodowy, strajk, facket, fackförbund, 労働組合, 工会, профсоюз
            """
        ),
    ),
    "bank": (
        _any(
            """
            online banking, onlinebanking, internet banking, mobile banking, netbanking, e-banking, ebanking,
            my accounts, transfer money, send money, your balance, current account, checking account, savings account,
            credit card statement, credit score, girokonto, kontostand, mein konto, finanzübersicht, umsatzanzeige,
            überweisung ausführen, neue überweisung, kontoauszug, tagesgeld, depotübersicht, banque en ligne,
            mes comptes, virement, compte courant, solde du compte, relevé de compte, banca en línea, banca online,
            mis cuentas, saldo disponible, hacer una transferencia, banca por internet, home banking, i miei conti,
            conto corrente, saldo disponibile, bonifico, mijn rekeningen, betaalrekening, bankowość internetowa,
            moje konto, internetbanken, mina konton, 网上银行, 账户余额,
            インターネットバンキング, 残高照会, интернет-банк
            """
        ),
        _any(
            """
            bank, banking, balance, account overview, accounts, transfers, transactions, debit card, credit card,
            mortgage, loan, savings, iban, sparkasse, volksbank, konto, konten, kontenübersicht, überweisung,
            überweisungen, kreditkarte, kredit, banque, comptes, compte, carte bancaire, prêt, banco, cuentas, cuenta,
            tarjeta, préstamo, transferencias, banca, conto, carta di credito, mutuo, rekening, saldo, spaarrekening,
            przelew, rachunek, bankkonto, överföring, 银行, 转账, 銀行, 口座, 振込, банк, счёт
            """
        ),
    ),
    "jobs": (
        _any(
            """
            job search, find jobs, find a job, search jobs, jobs near me, job alerts, my job applications,
            my applications, saved jobs, upload your cv, upload your resume, salary comparison, apply now,
            jobsuche, stellensuche, stellenangebote finden, meine bewerbungen, jobbörse, lebenslauf hochladen,
            jetzt bewerben, gemerkte jobs, recherche d'emploi, offres d'emploi, mes candidatures, postuler maintenant,
            déposer mon cv, buscar empleo, ofertas de empleo, mis candidaturas, cerca lavoro, offerte di lavoro,
            le mie candidature, invia candidatura, vacatures zoeken, mijn sollicitaties, solliciteer nu,
            szukaj pracy, oferty pracy, moje aplikacje, lediga jobb, 求人検索, 求职, 转职, поиск работы
            """
        ),
        _any(
            """
            jobs, job, vacancies, vacancy, careers, career, resume, cv, salary, hiring, stellenangebote, stellenangebot,
            bewerbung, bewerbungen, karriere, gehalt, lebenslauf, stellenmarkt, emploi, emplois, candidature, salaire,
            recrutement, empleo, vacantes, currículum, sueldo, lavoro, annunci, stipendio, curriculum, vacature,
            vacatures, sollicitatie, praca, wynagrodzenie, jobb, lön, 求人, 招聘, 简历, вакансии
            """
        ),
    ),
    "mail": (
        _any(
            """
            @gmail.com, @googlemail.com, @gmx.de, @gmx.net, @web.de, @yahoo.com, @hotmail.com, @outlook.com, @live.com,
            @icloud.com, @me.com, @aol.com, @proton.me, @protonmail.com, @t-online.de, @freenet.de, @free.fr,
            @orange.fr, @wanadoo.fr,
            @laposte.net, @libero.it, @mail.ru, @yandex.ru, @qq.com, @163.com, @seznam.cz, @wp.pl, @onet.pl
            """
        ),
        _any(
            """
            gmail, mail, inbox, posteingang, webmail, freemail, boîte de réception, messagerie, bandeja de entrada,
            correo, posta in arrivo, posta, postvak in, skrzynka odbiorcza, inkorg, 收件箱, 受信トレイ, входящие
            """
        ),
    ),
    "dating": (
        _any(
            """
            online dating, dating app, meet singles, singles near you, your matches, find love, find your match,
            partnersuche, partnervermittlung, singles in deiner nähe, singlebörse, rencontres en ligne,
            site de rencontre, rencontrer des célibataires, citas en línea, conocer solteros, incontri online,
            siti di incontri, randki online, dejta singlar, 婚活, 交友约会
            """
        ),
        _any(
            """
            dating, singles, matches, match, flirt, love, lesbian, gay, partner finden, liebe, rencontre, rencontres,
            célibataires, citas, solteros, incontri, randki, singlar, 约会, знакомства
            """
        ),
    ),
    "religion": (
        _any(
            """
            prayer times, daily prayer, bible study, read the bible, holy quran, sunday service, parish registration,
            confess your sins, gebetszeiten, bibel lesen, kirchenaustritt, gottesdienst, beichte,
            horaires de prière, lire la bible, messe du dimanche, horarios de oración, leer la biblia, 
            orari della messa, leggi la bibbia, godziny mszy, 礼拝, намаз
            """
        ),
        _any(
            """
            prayer, prayers, bible, quran, church, mosque, synagogue, parish, worship, sermon, gebet, bibel, kirche,
            moschee, synagoge, gemeinde, prière, église, mosquée, iglesia, oración, chiesa, preghiera, kościół, 教会
            """
        ),
    ),
}  # fmt: skip
