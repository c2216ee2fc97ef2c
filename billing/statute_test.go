package billing

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"cloud.google.com/go/civil"
)

// statute is the rules that come with the program, read from the very migration that brings them, so that what is
// proved of them needs no database.
var statute = NewRules(seeded())

var seedRow = regexp.MustCompile(`(?m)^    \('(\w+)', '(\w*)', '([0-9-]+)', ([0-9]+), '(\w*)', '([^']+)', '([^']*)'\)[,;]$`)

func seeded() (rows []Rule) {
	files, err := filepath.Glob("../internal/db/migrations/*_rules.sql")
	if err != nil || len(files) != 1 {
		panic("the rules come with one migration")
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		panic(err)
	}
	for i, f := range seedRow.FindAllStringSubmatch(string(text), -1) {
		from, _ := civil.ParseDate(f[3])
		value, _ := strconv.ParseInt(f[4], 10, 64)
		rows = append(rows, Rule{Version: int64(i + 1), Kind: RuleKind(f[1]), Key: f[2], ValidFrom: from, Value: value, Choice: f[5], Source: f[6], Note: f[7]})
	}
	return rows
}
