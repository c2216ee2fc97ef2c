package db

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALogLineHoldsTheBeginningOfAStatement(t *testing.T) {
	long := "SELECT *\n\t\tFROM people WHERE name = '" + strings.Repeat("検", 200) + "'"
	got := beginning(long)
	if !strings.HasPrefix(got, "SELECT * FROM people WHERE name = '検") || !strings.HasSuffix(got, "検…") || len(got) > 165 || !utf8.ValidString(got) {
		t.Error(got)
	}
	if got := beginning(" SELECT  1 "); got != "SELECT 1" {
		t.Errorf("%q", got)
	}
}
