"""Titles (and headings, after a bar) of pages as people see them: ordinary work, and places that nobody should collect.

Written for these tests, of no real person. Many of the first speak of banks, taxes, health, jobs and mail, for that is
what offices do.
"""

WORK = """
Invoice 2041 – Update bank details for supplier – SAP
Q3 bank reconciliation – Accounting – Microsoft Excel
Bank statement import – Odoo
Chart of accounts – Odoo
Accounts payable – Oracle NetSuite
Payment run 14 March – DATEV
Steuerberater Jahresabschluss 2025 – DATEV Unternehmen online
Umsatzsteuer-Voranmeldung März – Lexware
VAT return Q1 – Xero
Sales tax settings – Shopify
Tax codes – Accounting settings – Odoo
Corporate tax planning 2026 – SharePoint
Credit note 118 – Zoho Books
Loan covenant model v3.xlsx – LibreOffice Calc
Customer: Riverbank Interiors – Salesforce
Opportunity: First National Bank rollout – Salesforce
Case 00018233 – Salesforce
Bank holiday schedule 2026 – Confluence
Data bank migration plan – Confluence
Health check dashboard – Grafana
Service health – Datadog
Cluster health | Nodes | Elasticsearch
API health endpoint returns 503 – Issue #482 – GitHub
Occupational health and safety training – Moodle
Health & Safety policy – Intranet
First aid officers – Intranet
Sick leave policy – HR handbook
Absence calendar – Personio
Parental leave – HR handbook
Job queue – Jenkins
Job failed: nightly-build #2231 – Jenkins
Cron jobs – Kubernetes dashboard
Print jobs – CUPS
Job description: Warehouse clerk – Word
Interview schedule – Google Calendar
Careers page redesign – Figma
Recruiting pipeline – Greenhouse
Job 4471: Roof repair, Elm Street – ServiceTitan
Trade union consultation – agenda – Word
Union query optimisation – Stack Overflow
SQL UNION vs UNION ALL – Stack Overflow
European Union tenders – TED
Credit Union customer onboarding – Jira
Strike price calculator.xlsx
Set up a mailing list – Mailman
Mail merge – LibreOffice Writer
Email templates – HubSpot
Mail server status – Zabbix
Inbound mail settings – Zendesk
Prescription lenses catalogue – Supplier portal
Pharmacy orders – ERP
Patient lift hoist – product 7712 – Shop admin
Hospital tender 2026 – Contracts
Clinic scheduling software – RFP.docx
Doctor blade maintenance – Printing press manual
Symptom: device does not boot – Knowledge base
Treatment of outliers – Notebook – Jupyter
Clinical trial data dictionary v2.xlsx
Medication dispenser firmware – Issue #91 – GitLab
Cancer Research UK – donor report – Salesforce
Matching engine design – Confluence
Match rules – Duplicate records – CRM
Dating of archaeological samples – report.pdf
Carbon dating results.xlsx
Church roof quotation – Projects
Parish council planning application 23/104
Bible – brand guidelines.pdf
Style bible for product copy – Notion
Prayer room booking – Facilities
Release notes 4.2 – GitHub
Pull request #1290: fix login redirect – GitHub
How to reset a password – Knowledge base
Login page design – Figma
Sprint board – Jira
Roadmap – Linear
Timesheet week 12 – Harvest
Travel expenses March – Concur
Salary bands 2026 – HR (confidential).xlsx
Payroll run April – Sage
Income statement 2025 – Power BI
Balance sheet – Power BI
Savings report – energy – Tableau
Transactions – Stripe Dashboard
Transfers between warehouses – Inventory
Stock transfer 552 – ERP
Account overview – Acme Corp – HubSpot
Key accounts 2026 – PowerPoint
My accounts – Salesforce
Service accounts – IAM – Google Cloud
Storage accounts – Microsoft Azure
User accounts – Admin console
Appointments – Dentist lab orders – CRM
Appointment letter template.docx
Termin: Kundenbesuch Donnerstag – Kalender
Überweisungsvorlage Lieferanten.docx
Kontenplan SKR03 – DATEV
Kontoauszug einlesen – Lexware
Kostenstelle 4410 – Berichte – SAP
Bankverbindung ändern: Lieferant 88123 – SAP
Stellenplan 2026.xlsx
Stellenausschreibung Sachbearbeitung.docx
Bewerbungsgespräche KW 18 – Kalender
Krankenhausbau Los 4 – Angebot.pdf
Apothekenbedarf Preisliste
Arztpraxis Musterkunde – Auftrag 5512
Gesundheitsamt Formular 12 – Antrag
Gemeinde Musterstadt – Bauantrag
Kirchenorgel Restaurierung – Angebot
Tarifvertrag Metall 2026.pdf
Betriebsrat Protokoll April.docx
Facture 2231 – Banque du client – Sage
Rapprochement bancaire – Cegid
Déclaration de TVA mars – Cegid
Plan de santé et sécurité – Chantier 14
Offre d'emploi: comptable.docx
Grille de salaires 2026.xlsx
Comptes fournisseurs – Sage
Conciliación bancaria – Contaplus
Declaración de IVA trimestral – A3
Oferta 2231 – Hospital provincial
Fattura 118 – Banca d'appoggio – TeamSystem
Riconciliazione bancaria – TeamSystem
Modulo IVA trimestrale
Rekening 1002 – Exact Online
Btw-aangifte Q1 – Exact Online
Faktura 12/2026 – Comarch ERP
銀行口座マスタ – 会計システム
请购单 2231 – ERP
Support tickets – Zendesk
Order 10023 – Shop admin
Customer refund policy – Help centre
Refund request #8812 – Zendesk
Terms of service – Legal – SharePoint
Benefits enrolment deadline – Intranet news
Wellbeing newsletter – Intranet
Search results for "insurance claim" – Intranet
Claim 77120 – Guidewire
Mortgage calculator widget – Storybook
Credit card form component – Storybook
Test: transfer money flow – Cypress
Bank API sandbox – Swagger UI
IBAN validation – Regex tester
Google Maps
Wikipedia: Photosynthesis
Weather – Utrecht
Translate – DeepL
ChatGPT
Calculator
""".strip().splitlines()

SENSITIVE = """
Online banking | Account overview
Online Banking – My accounts
Your balance – Savings account
Credit card statement – online banking
Transfer money | Current account
Onlinebanking: Finanzübersicht
Kontostand und Umsätze – Girokonto
Neue Überweisung – Girokonto | Kontostand
Mes comptes – Banque en ligne
Virement – Compte courant
Banca online – Mis cuentas
Hacer una transferencia | Saldo disponible
Home banking – I miei conti
Mijn rekeningen | Betaalrekening
Bankowość internetowa – Moje konto
网上银行 – 账户余额
File your taxes online – income tax return
Self Assessment tax return: overview – HMRC
Your tax return | Tax refund
My tax return 2025 | Refund status
Mein ELSTER – Einkommensteuererklärung
Steuererklärung 2025 | Meine Steuererstattung
Déclaration de revenus – impots
Mes impôts | Avis d'imposition
Declaración de la renta – Hacienda
Dichiarazione dei redditi | Modello 730
Belastingaangifte 2025 – Mijn belastingdienst
Zeznanie podatkowe PIT-37 – podatek
Patient portal – test results
My health record | Prescriptions
Find a doctor | Book an appointment
Symptom checker – depression symptoms
Repeat prescription – pharmacy
Patientenportal | Laborwerte
Arzttermin buchen – Frauenarzt Praxis
Krankmeldung einreichen – Meine Krankenkasse
Mon espace santé – dossier médical
Prendre rendez-vous avec un médecin – cabinet | santé
Pedir cita médica – centro de salud
Fascicolo sanitario – referti
Huisartsafspraak maken – Mijn huisarts
Wizyta lekarska | E-recepta
Join the union – membership
Become a union member | Union dues
Gewerkschaft: Mitglied werden | Gewerkschaftsbeitrag
Adhérer au syndicat | Cotisation syndicale
Afíliate al sindicato | Cuota sindical
Jobs near me – job search
Find jobs | Upload your CV
My job applications | Saved jobs
Jobsuche – Stellenangebote
Meine Bewerbungen | Lebenslauf hochladen
Recherche d'emploi – offres d'emploi
Ofertas de empleo | Buscar empleo
Offerte di lavoro – cerca lavoro
Oferty pracy – szukaj pracy
Inbox (3) – someone@gmail.com – Gmail
Posteingang – jemand@gmx.de – Freemail
Boîte de réception – quelquun@orange.fr
Meet singles near you – dating app
Your matches – online dating
Partnersuche | Singles in deiner Nähe
Site de rencontre – rencontrer des célibataires
Bible study – daily prayer
Prayer times – mosque near me
Kirchenaustritt erklären – Kirche
""".strip().splitlines()


def texts(line: str) -> list[str]:
    """The title and the headings."""
    return [part.strip() for part in line.split("|")]
