package billing

// What tests outside the package need to see.
var Audit = audit
