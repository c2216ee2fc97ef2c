package billing

// What tests outside the package need to see.
var Audit = audit

// Statute is the rules that come with the program.
var Statute = statute

// Seeded are its rows.
var Seeded = seeded
