package market

import (
	"errors"
	"strconv"
	"strings"
	"unicode"

	"cloud.google.com/go/civil"
	"golang.org/x/text/unicode/norm"

	"homecoming/internal/problem"
)

// evidences are the words for evidence in an HR file.
var evidences = map[string]Evidence{"self": Self, "attested": Attested, "proven": Proven, "自己申告": Self, "会社確認": Attested, "実績": Proven}

// A rowReader collects what is wrong with one line while it is read.
type rowReader struct {
	line   int
	cell   func(column string) string
	faults []RowFault
}

func (r *rowReader) fault(column string, e *problem.Error) {
	r.faults = append(r.faults, faultOn(r.line, column, e))
}

// readRow reads a line's cells; a row with faults is not to be used.
func readRow(line int, cell func(column string) string, currency string) (hrRow, []RowFault) {
	r := &rowReader{line: line, cell: cell}
	row := hrRow{
		line: line, email: r.email(),
		familyName: r.text("family_name"), givenName: r.text("given_name"),
		familyKana: r.text("family_kana"), givenKana: r.text("given_kana"),
		department: r.text("department"), entity: r.text("entity"),
		registrationNumber: r.registrationNumber(),
		leftOn:             r.day("left_on"), availableFrom: r.day("available_from"),
		hourlyRate: r.amount("hourly_rate", currency),
		skills:     r.skills(),
		departure:  r.departure(),
	}
	if row.familyName == "" && row.givenName == "" {
		r.fault("family_name", ErrRequired)
	}
	switch joined := r.day("joined_on"); {
	case joined != nil:
		row.joinedOn = *joined
	case cell("joined_on") == "":
		r.fault("joined_on", ErrRequired)
	}
	if row.leftOn != nil && !row.joinedOn.IsZero() && row.leftOn.Before(row.joinedOn) {
		r.fault("left_on", ErrLeftBefore.With("left", row.leftOn).With("joined", row.joinedOn))
	}
	if row.departure != "" && cell("left_on") == "" {
		r.fault("departure", ErrDepartureDay)
	}
	return row, r.faults
}

// departure reads why the stint ended; an empty cell says nothing.
func (r *rowReader) departure() DepartureKind {
	text := r.cell("departure")
	d, known := departureMeant(text)
	if !known {
		r.fault("departure", ErrDeparture.With("value", text))
	}
	return d
}

func (r *rowReader) email() string {
	email := Address(norm.NFKC.String(r.cell("email")))
	switch {
	case email == "":
		r.fault("email", ErrRequired)
	case len(email) > 254 || !address.MatchString(email) || strings.ContainsFunc(email, unicode.IsControl):
		r.fault("email", ErrAddress.With("value", email))
	}
	return email
}

// text reads one line of text, not too long. Its characters stay as they are: names are written in many forms.
func (r *rowReader) text(column string) string {
	s := strings.Join(strings.Fields(r.cell(column)), " ")
	if len([]rune(s)) > maxName {
		r.fault(column, ErrTooLong.With("max", maxName))
	}
	return s
}

func (r *rowReader) registrationNumber() string {
	s := strings.ToUpper(strings.ReplaceAll(norm.NFKC.String(r.cell("registration_number")), "-", ""))
	if s != "" && !taxNumber.MatchString(s) {
		r.fault("registration_number", ErrTaxNumber)
	}
	return s
}

// day reads a day, nil when there is none.
func (r *rowReader) day(column string) *civil.Date {
	text := r.cell(column)
	if text == "" {
		return nil
	}
	d, err := parseDay(text)
	if err != nil {
		r.fault(column, ErrDay.With("value", text))
		return nil
	}
	return &d
}

// amount reads 5000, 5,000, ¥5,000 and, where the currency has decimals, 50.25; in minor units, nil when there is none.
func (r *rowReader) amount(column, currency string) *int64 {
	text := r.cell(column)
	if text == "" {
		return nil
	}
	n, err := minorUnits(text, Exponent(currency))
	switch {
	case err != nil:
		r.fault(column, ErrAmountForm.With("value", text))
	case n <= 0:
		r.fault(column, ErrAmountNotPositive)
	case n > maxAmount:
		r.fault(column, ErrAmountTooLarge.With("max", Money{maxAmount, currency}))
	}
	return &n
}

var errAmount = errors.New("no amount")

func minorUnits(text string, decimals int) (int64, error) {
	text = strings.NewReplacer(",", "", "¥", "", "\\", "", "円", "", "$", "", " ", "").Replace(norm.NFKC.String(text))
	whole, part, _ := strings.Cut(text, ".")
	part = strings.TrimRight(part, "0")
	if len(part) > decimals || strings.ContainsAny(part, "+-") {
		return 0, errAmount
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", decimals-len(part)), 10, 64)
	if err != nil || strings.HasPrefix(whole, "+") {
		return 0, errAmount
	}
	return n, nil
}

// skills reads name:level:evidence; name:level; name.
func (r *rowReader) skills() []hrSkill {
	var list []hrSkill
	for text := range strings.SplitSeq(norm.NFKC.String(r.cell("skills")), ";") {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		k, ok := readSkill(text)
		if !ok {
			r.fault("skills", ErrSkillForm.With("value", text))
			continue
		}
		list = append(list, k)
	}
	return list
}

func readSkill(text string) (hrSkill, bool) {
	parts := strings.Split(text, ":")
	k := hrSkill{name: strings.Join(strings.Fields(parts[0]), " "), level: 2, evidence: Attested}
	if k.name == "" || len([]rune(k.name)) > maxName || len(parts) > 3 {
		return k, false
	}
	if len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
		n, err := strconv.Atoi(strings.TrimSpace(parts[1]))
		if err != nil || n < 1 || n > 3 {
			return k, false
		}
		k.level = n
	}
	if len(parts) > 2 && strings.TrimSpace(parts[2]) != "" {
		e, known := evidences[strings.ToLower(strings.TrimSpace(parts[2]))]
		if !known {
			return k, false
		}
		k.evidence = e
	}
	return k, true
}
