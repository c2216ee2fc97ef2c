// Package bench measures speed and quality beside a yardstick in the same run, and runs the campaigns that are too long
// for tests. Each measurement starts its own parts on loopback, takes them down again, and returns a struct that is
// printed as JSON.
//
// It is for engineers and for acceptance, never for production: nothing here touches a configured database.
//
// Three things to know. A figure without its yardstick says nothing, so both stand in every result. Yardstick and subject
// take turns within one run, so that a busy machine slows both. Everything random comes from a seed that is printed.
package bench
