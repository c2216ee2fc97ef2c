package market_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"homecoming/market"
)

// keys are names as people write them, by what they have in common.
var keys = map[string][]string{
	"青葉商事":      {"株式会社青葉商事", "青葉商事株式会社", "㈱青葉商事", "（株）青葉商事", "青葉商事 (株)", "青葉　商事", "株式会社 青葉・商事"},
	"みどり工業":     {"有限会社みどり工業", "みどり工業(有)", "合同会社みどり工業"},
	"ガス会館":      {"ｶﾞｽ会館", "一般社団法人 ガス会館", "(一社)ガス会館"},
	"acme":      {"ACME Inc.", "Acme, Inc", "ＡＣＭＥ　Ｃｏ．，　Ｌｔｄ．", "acme co. ltd", "Acme Corporation", "Acme KK", "株式会社ACME"},
	"acmetrade": {"Acme Trade GmbH", "ACME-TRADE", "Acme & Trade LLC"},
	"co":        {"Co., Ltd.", "CO"},
	"株式会社":      {"株式会社", "（株式会社）"},
	"株":         {"(株)"},
	"3m":        {"3M Company", "３Ｍ"},
	"":          {"", "・・・", "!?", "\xff"},
}

func TestAnOrganisationIsKnownAgainHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for want, names := range keys {
		for _, name := range names {
			if got := market.OrganisationKey(name); got != want {
				t.Errorf("%q gives %q, not %q", name, got, want)
			}
		}
	}
}

func FuzzOrganisationKey(f *testing.F) {
	for _, names := range keys {
		for _, name := range names {
			f.Add(name)
		}
	}
	for _, odd := range []string{"か・゙ス", "株式株式会社会社", "İ Ltd", "ſ.ſ", "(株)(有)", "\x00a", "ǅ co co co", "株 式 会 社 あ"} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, name string) {
		key := market.OrganisationKey(name)
		if !utf8.ValidString(key) || strings.ContainsAny(key, " \x00.,()") {
			t.Errorf("%q gives %q", name, key)
		}
		if again := market.OrganisationKey(key); again != key {
			t.Errorf("%q gives %q, and that %q", name, key, again)
		}
	})
}
