package market

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// An organisation is known again by its name, whoever writes it: width and case do not count, nor punctuation, nor the form of
// company before or behind the name. Contacts of one organisation also share the domain of their addresses.

// japaneseForms are forms of company as they stand in a Japanese name, the longer ones first. Only what is no part of the name
// by itself is among them.
var japaneseForms = []string{"特定非営利活動法人", "地方独立行政法人", "医療法人社団", "医療法人財団", "一般社団法人", "一般財団法人", "公益社団法人", "公益財団法人",
	"社会福祉法人", "国立大学法人", "独立行政法人", "農業組合法人", "株式会社", "有限会社", "合同会社", "合資会社", "合名会社", "相互会社", "医療法人", "学校法人",
	"宗教法人", "npo法人", "社団法人", "財団法人"}

// bracketedForms are their short forms: (株). NFKC has made ㈱ and （株） one of them.
var bracketedForms = strings.NewReplacer("(株)", " ", "(有)", " ", "(同)", " ", "(資)", " ", "(名)", " ", "(相)", " ", "(医)", " ", "(学)", " ", "(福)", " ", "(社)", " ",
	"(財)", " ", "(一社)", " ", "(一財)", " ", "(公社)", " ", "(公財)", " ", "(宗)", " ", "(特非)", " ", "(独)", " ")

// latinForms are words that end a name elsewhere.
var latinForms = []string{"inc", "incorporated", "ltd", "limited", "llc", "llp", "lp", "corp", "corporation", "co", "company", "plc", "gmbh", "ag", "sa", "sas", "sarl", "spa", "srl",
	"bv", "nv", "oy", "ab", "as", "aps", "kk", "gk", "yk", "kabushikikaisha", "godokaisha", "kaisha", "kabushiki", "godo", "pte", "pty", "sdn", "bhd"}

// OrganisationKey is what the names of one organisation have in common: “㈱青葉 商事” and “株式会社青葉商事” give 青葉商事. It is
// empty for a name without a letter or a figure, and its own key otherwise.
func OrganisationKey(name string) string {
	for range 8 { // what is taken out may bring something together that is taken out in turn
		key := organisationKey(name)
		if key == name {
			break
		}
		name = key
	}
	return name
}

func organisationKey(name string) string {
	name = norm.NFKC.String(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(name, ""))))
	words := strings.FieldsFunc(withoutForms(bracketedForms.Replace(name), name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r)
	})
	for len(words) > 1 && slices.Contains(latinForms, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	joined := strings.Join(words, "")
	for _, form := range japaneseForms {
		joined = withoutForms(strings.ReplaceAll(joined, form, ""), joined)
	}
	return norm.NFKC.String(joined)
}

// withoutForms is the name without its forms, or as it was where nothing would be left.
func withoutForms(bare, name string) string {
	if strings.ContainsFunc(bare, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }) {
		return bare
	}
	return name
}

// everybodysDomains give an address to whoever asks for one, and tell nothing of where somebody works.
var everybodysDomains = []string{"gmail.com", "googlemail.com", "yahoo.co.jp", "yahoo.com", "ymail.ne.jp", "icloud.com", "me.com", "mac.com", "outlook.com", "outlook.jp",
	"hotmail.com", "hotmail.co.jp", "live.jp", "live.com", "msn.com", "aol.com", "proton.me", "protonmail.com", "gmx.com", "gmx.net", "mail.com", "zoho.com", "docomo.ne.jp",
	"ezweb.ne.jp", "au.com", "softbank.ne.jp", "i.softbank.jp", "vodafone.ne.jp", "ymobile.ne.jp", "rakuten.jp", "nifty.com", "biglobe.ne.jp", "so-net.ne.jp", "ocn.ne.jp",
	"plala.or.jp", "dion.ne.jp", "excite.co.jp", "infoseek.jp", "goo.jp", "goo.ne.jp"}

// organisationDomain is the domain of an address where it tells of an organisation, and otherwise empty.
func organisationDomain(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	if slices.Contains(everybodysDomains, domain) {
		return ""
	}
	return domain
}
