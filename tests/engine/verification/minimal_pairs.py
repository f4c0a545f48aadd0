"""Minimal pairs by phenomenon: evidence, a claim that it supports, one that it does not.

`SEEN` was looked at while the checker was built, `HELD_OUT` only counted.
"""

SEEN = {
    "number": [
        ("Refunds are possible for 14 days after delivery.", "Refunds are possible for two weeks after delivery.", "Refunds are possible for 30 days after delivery."),
        ("The room seats 1,200 people.", "The room seats 1200 people.", "The room seats 1,020 people."),
        ("The price is $35 per user.", "The price per user is 35 dollars.", "The price is $53 per user."),
        ("Uploads may have up to 2 GB.", "Uploads may have at most 2 gigabytes.", "Uploads may have up to 5 GB."),
    ],
    "time and date": [
        ("The desk closes at 5 pm.", "The desk closes at 17:00.", "The desk closes at 6 pm."),
        ("The offer ends on 31 August 2022.", "The offer ends on August 31st, 2022.", "The offer ends on 30 August 2022."),
        ("Notice is one month.", "Notice is 30 days.", "Notice is two months."),
        ("The course starts on Monday.", "The course starts on Monday.", "The course starts on Tuesday."),
    ],
    "bounds": [
        ("You need at least 8 characters.", "You need 8 or more characters.", "You need at most 8 characters."),
        ("Expenses over 50 euros need approval.", "Expenses of more than 50 euros need approval.", "Expenses under 50 euros need approval."),
    ],
    "names": [
        ("Samantha Stevens leads the sales team.", "Samantha Stevens is the head of the sales team.", "Victoria Stevens leads the sales team."),
        ("The office is in Lisbon.", "The office is located in Lisbon.", "The office is in Porto."),
        ("Set the value in agent.ini first.", "Set the value in agent.ini first.", "Set the value in agent.yaml first."),
        ("Version 4.2.1 fixes the crash.", "The crash is fixed in version 4.2.1.", "Version 4.3.1 fixes the crash."),
    ],
    "negation": [
        ("Guests cannot export data.", "Guests can't export data.", "Guests can export data."),
        ("The fee is refundable.", "The fee is refundable.", "The fee is not refundable."),
        ("The warranty covers batteries.", "Batteries are covered by the warranty.", "The warranty never covers batteries."),
        ("You do not need a visa.", "You don't need a visa.", "You need a visa."),
    ],
    "opposites": [
        ("The update increases the limit.", "The update raises the limit.", "The update decreases the limit."),
        ("Save the file before the restart.", "Save the file prior to the restart.", "Save the file after the restart."),
        ("The plan was too expensive for her.", "The plan was too costly for her.", "The plan was too cheap for her."),
    ],
    "quantifiers": [
        ("Some customers received a voucher.", "Some clients received a voucher.", "All customers received a voucher."),
        ("Managers may approve the trip.", "Managers can approve the trip.", "Only managers may approve the trip."),
        ("Staff may work from home on Fridays.", "Staff can work from home on Fridays.", "Staff must work from home on Fridays."),
    ],
    "conditions": [
        ("The hotel is paid, except for breakfast.", "The hotel is paid, except for breakfast.", "The hotel is paid."),
        ("Parcels are insured unless they hold glass.", "Parcels are insured unless they hold glass.", "Parcels are insured."),
    ],
    "added clause": [
        ("The library lends e-books.", "The library lends e-books.", "The library lends e-books and projectors."),
        ("Ben fixed the login.", "Ben repaired the login.", "Ben fixed the login, which had been broken since the Berlin launch."),
        ("The new wing opened in June.", "In June the new wing opened.", "The new wing opened in June and cost 34 million euros."),
    ],
}  # fmt: skip

HELD_OUT = {
    "number": [
        ("Each member may bring three guests.", "Each member may bring 3 guests.", "Each member may bring four guests."),
        ("About 40% of the staff cycle.", "Roughly 40 percent of the staff cycle.", "About 60% of the staff cycle."),
        ("The bridge is 2.5 km long.", "The length of the bridge is 2.5 kilometres.", "The bridge is 25 km long."),
        ("The deposit is 200 euros.", "The deposit is €200.", "The deposit is 250 euros."),
    ],
    "time and date": [
        ("Doors open at 7:30 p.m.", "Doors open at 19:30.", "Doors open at 20:30."),
        ("The contract runs for 24 months.", "The contract runs for two years.", "The contract runs for 24 weeks."),
        ("Backups are kept for 90 days.", "Backups are kept for three months.", "Backups are kept for nine months."),
        ("Registration closed on 3 May.", "Registration closed on May 3rd.", "Registration closed on 5 May."),
    ],
    "bounds": [
        ("Groups of no more than ten can book online.", "Groups of up to ten can book online.", "Groups of at least ten can book online."),
        ("Delivery takes up to five days.", "Delivery takes at most five days.", "Delivery takes more than five days."),
    ],
    "names": [
        ("Omar will present the budget.", "The budget will be presented by Omar.", "Elena will present the budget."),
        ("The train stops in Graz.", "The train stops in Graz.", "The train stops in Linz."),
        ("Mail invoices to billing@acme.example.", "Invoices are mailed to billing@acme.example.", "Mail invoices to sales@acme.example."),
        ("The bug affects Firefox.", "Firefox is affected by the bug.", "The bug affects Safari."),
    ],
    "negation": [
        ("Interns are not paid for overtime.", "Interns aren't paid for overtime.", "Interns are paid for overtime."),
        ("Smoking is allowed on the terrace.", "Smoking is permitted on the terrace.", "Smoking is not allowed on the terrace."),
        ("The tests passed.", "The tests passed.", "The tests have not passed."),
        ("Nobody was hurt in the accident.", "No one was hurt in the accident.", "Somebody was hurt in the accident."),
    ],
    "opposites": [
        ("The store accepts cards.", "Cards are accepted by the store.", "The store rejects cards."),
        ("Sales fell in March.", "Sales dropped in March.", "Sales rose in March."),
        ("Use the internal network.", "Use the internal network.", "Use the external network."),
    ],
    "quantifiers": [
        ("Most rooms have a balcony.", "Most of the rooms have a balcony.", "Every room has a balcony."),
        ("Residents may park here.", "Residents can park here.", "Only residents may park here."),
        ("Helmets are optional.", "Helmets are optional.", "Helmets are mandatory."),
    ],
    "conditions": [
        ("Entry is free only for students.", "Entry is free only for students.", "Entry is free."),
        ("Data is deleted if the account is closed.", "Data is deleted if the account is closed.", "Data is deleted."),
    ],
    "added clause": [
        ("The hotel has a pool.", "There is a pool at the hotel.", "The hotel has a pool and a sauna."),
        ("Rosa wrote the manual.", "The manual was written by Rosa.", "Rosa wrote the manual, which won a design prize."),
        ("The shop sells bread.", "Bread is sold at the shop.", "The shop sells bread at the lowest price in town."),
    ],
}  # fmt: skip
