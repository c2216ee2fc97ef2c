package books

// A Kind is a form of file.
type Kind string

// The kinds. FreeeDeals holds deals, the others journals.
const (
	Journal      Kind = "journal" // our own form: a row for each line, nothing left out
	MoneyForward Kind = "moneyforward"
	FreeeDeals   Kind = "freee-deals"
	FreeeJournal Kind = "freee-journal"
	Yayoi        Kind = "yayoi"
	QuickBooks   Kind = "quickbooks"
)

// Kinds lists them in the order in which people choose.
var Kinds = []Kind{Journal, MoneyForward, FreeeJournal, FreeeDeals, Yayoi, QuickBooks}

// A Target is a bookkeeping program; both forms of freee share their names.
type Target string

// The targets.
const (
	ToJournal      Target = "journal"
	ToMoneyForward Target = "moneyforward"
	ToFreee        Target = "freee"
	ToYayoi        Target = "yayoi"
	ToQuickBooks   Target = "quickbooks"
)

// Targets lists them in the order in which people choose.
var Targets = []Target{ToJournal, ToMoneyForward, ToFreee, ToYayoi, ToQuickBooks}

// Target is the program that reads files of the kind.
func (k Kind) Target() Target {
	if k == FreeeDeals || k == FreeeJournal {
		return ToFreee
	}
	return Target(k)
}

// Encodings are those that the kind may be written in, its own first.
func (k Kind) Encodings() []Encoding {
	if k == Yayoi {
		return []Encoding{ShiftJIS}
	}
	return []Encoding{UTF8, ShiftJIS}
}

// YenOnly reports whether the program takes nothing but yen.
func (k Kind) YenOnly() bool { return k != Journal && k != QuickBooks }

// Limit is the largest file that the program takes, in bytes; 0 where none is known. freee: 5 MB.
func (k Kind) Limit() int64 {
	if k == FreeeDeals || k == FreeeJournal {
		return 5_000_000
	}
	return 0
}

// A form is how one kind is laid out.
type form struct {
	header []string
	heads  bool // whether the header is written
	rows   func(Entry, style) [][]Cell
	read   func([][]string, style) ([]Entry, error)
}

// forms are all kinds. That of deals is laid out by itself, see freee.go.
var forms = map[Kind]*form{
	Journal:      {journalHeader, true, journalRows, readJournal},
	MoneyForward: {moneyForwardHeader, true, moneyForwardRows, readMoneyForward},
	FreeeDeals:   {dealHeader, true, nil, nil},
	FreeeJournal: {freeeJournalHeader, true, freeeJournalRows, readFreeeJournal},
	Yayoi:        {yayoiHeader, false, yayoiRows, readYayoi},
	QuickBooks:   {quickBooksHeader, true, quickBooksRows, readQuickBooks},
}

// A style is what amounts look like: how many decimals their currency has, and which it is.
type style struct {
	currency string
	exponent int
}
