"""Headings under which platforms in four languages keep ids, times and persons, written as `raw.key` writes them."""

IDS = ("respondentid", "responseid")
STARTED = ("startdate", "starttime", "timestarted", "startzeit", "heurededébut", "oradiinizio")
SUBMITTED = (
    *("enddate", "submitdate", "datesubmitted", "timestamp", "completiontime"),
    *("fertigstellungszeit", "heuredefin", "oradicompletamento"),
)
EMAIL = (
    *("emailaddress", "emailadresse", "adresseemail", "adressedemessagerie", "indirizzoemail", "postaelettronica"),
    "recipientemail",
)
USERNAME = ("username", "benutzername", "nutzername", "nomdutilisateur", "nomeutente")
PLACE = (
    *("latitude", "longitude", "breitengrad", "längengrad", "latitudine", "longitudine"),
    *("locationlatitude", "locationlongitude"),
)
PERSONAL = (
    *("ipaddress", "ipadresse", "adresseip", "indirizzoip", "networkid", "useragent"),
    *("firstname", "lastname", "fullname", "vorname", "nachname", "prénom", "nomdefamille", "cognome"),
    *("recipientfirstname", "recipientlastname"),
    *EMAIL,
    *USERNAME,
    *PLACE,
)
