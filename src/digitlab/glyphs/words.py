"""Words that stand next to numbers on forms, lists and bills, in several languages."""

WORDS = tuple(
    """
    Name Date Page Total Sum No Nr Price Amount Order Invoice Qty Age Year Month Day Time Score
    Points Team Class Grade Student Room Phone Tel Fax Code Ref Street City Zip Signature Number
    Item Box Weight Size Length Height Tax Net Gross Due Paid Balance Account Bank Table Test
    from to at and the of per each about left right open closed yes no not max min avg pm am
    kg km cm mm mg ml min sec pcs doz EUR USD GBP CHF VAT ID OK
    Datum Seite Summe Preis Menge Betrag Konto Ort Uhr Stück Gesamt Rechnung Kunde Vorname Geburt
    Telefon Straße Hausnummer Klasse Note Punkte Schüler Raum Zahl Größe Gewicht Fläche von bis und
    der die das ca pro Stk Liter Euro Mai Juni Juli März Jahr Monat Tag Woche Montag Freitag
    Nom Prénom Adresse Ville Prix Montant Quantité Année Mois Jour Heure Numéro Signé Reçu pour
    Fecha Nombre Precio Importe Página Año Mes Día Hora Número Cantidad Firma Calle Teléfono
    Nome Data Città Prezzo Totale Via Mese Anno Giorno Quantità Numero Firma Somma
    Naam Datum Bedrag Prijs Aantal Plaats Namn Antal Summa Pris Belopp Navn Dato Beløb
    Nazwa Kwota Miasto Rok Ulica Jméno Cena Adresa Rok Obec Suma
    """.replace("ß", "ss")
    .replace("ø", "o")
    .split()
)
