package zengin_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"homecoming/billing/zengin"
	"homecoming/internal/problem"
)

// jis is text in the bytes of a bank file.
func jis(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '｡' {
			b.WriteByte(byte(r - '｡' + 0xA1))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func padded(s string, width int) string { return jis(s) + strings.Repeat(" ", width-len(jis(s))) }

// header, line, trailer and end are the records of a statement, written out field by field from the banks' table.
func header(opening int64) string {
	return "1" + "03" + "0" + "081201" + "081101" + "081130" + "0001" + padded("ﾐｽﾞﾎ", 15) + "001" + padded("ﾄｳｷﾖｳ", 15) + "000" + "1" + "0001234567" +
		padded("ｶ)ｱｵｲ", 40) + "1" + "1" + fmt.Sprintf("%014d", opening) + strings.Repeat(" ", 71)
}

func line(yymmdd, direction string, amount int64, name, description string) string {
	return "2" + "00000001" + yymmdd + yymmdd + direction + "11" + fmt.Sprintf("%012d", amount) + strings.Repeat("0", 12) + "000000" + "000000" + "0" + "0000000" + "000" +
		strings.Repeat("0", 10) + padded(name, 48) + padded("ﾐﾂｲ", 15) + padded("", 15) + padded(description, 20) + padded("42", 20) + " "
}

func trailer(ins, in, outs, out, closing int64) string {
	return "8" + fmt.Sprintf("%06d%013d%06d%013d", ins, in, outs, out) + "1" + fmt.Sprintf("%014d", closing) + "0000002" + strings.Repeat(" ", 139)
}

var end = "9" + "0000000005" + "00001" + strings.Repeat(" ", 184)

func november() string {
	return header(1_000_000) + "\r\n" + line("081130", "1", 105_290, "ｶ)ﾐﾄﾞﾘ", "ﾌﾘｺﾐ") + "\r\n" + line("261130", "2", 99_790, "ﾀｶﾊｼ ﾕﾐ", "") + "\r\n" +
		trailer(1, 105_290, 1, 99_790, 1_005_500) + "\r\n" + end + "\r\n"
}

func read(file string) (all []zengin.Movement, faults []error) {
	for m, err := range zengin.Movements(strings.NewReader(file), day(2026, 12, 1)) {
		if err != nil {
			faults = append(faults, err)
			continue
		}
		all = append(all, m)
	}
	return all, faults
}

func TestAStatementIsReadWithItsBalances(t *testing.T) {
	t.Parallel()
	for form, file := range map[string]string{"with line ends": november(), "without": strings.ReplaceAll(november(), "\r\n", ""), "with an end mark": november() + "\x1a"} {
		got, faults := read(file)
		if len(faults) > 0 || len(got) != 2 {
			t.Fatalf("%s: %+v, %v", form, got, faults)
		}
		in, out := got[0], got[1]
		if in.Amount != 105_290 || in.Balance != 1_105_290 || in.BookedOn != day(2026, 11, 30) || in.Name != "ｶ)ﾐﾄﾞﾘ" || in.Description != "ﾌﾘｺﾐ ﾐﾂｲ" || in.Reference != "42" {
			t.Errorf("%s: %+v", form, in)
		}
		if out.Amount != -99_790 || out.Balance != 1_005_500 || out.BookedOn != day(2026, 11, 30) || out.Account.Number != "1234567" || out.Account.Kind != zengin.Ordinary {
			t.Errorf("%s: %+v", form, out)
		}
	}
}

func TestAStatementsFaultsAreNamedByRecordAndField(t *testing.T) {
	t.Parallel()
	good := november()
	for what, c := range map[string]struct {
		file  string
		want  *problem.Error
		lines int
	}{
		"a day that is none":     {strings.Replace(good, "081130081130", "081131081130", 1), zengin.ErrField, 1},
		"an amount of letters":   {strings.Replace(good, "000000105290", "0000001O5290", 1), zengin.ErrField, 1},
		"neither in nor out":     {strings.Replace(good, "261130261130211", "261130261130311", 1), zengin.ErrField, 1},
		"a total that is not":    {strings.Replace(good, "0000000105290", "0000000105291", 1), zengin.ErrSum, 2},
		"a balance that is not":  {strings.Replace(good, "00000001005500", "00000001005501", 1), zengin.ErrSum, 2},
		"a file that was cut":    {good[:500], zengin.ErrRecordShort, 1},
		"a file without its end": {strings.TrimSuffix(good, end+"\r\n"), zengin.ErrRecordShort, 2},
		"another kind of file":   {"1" + "01" + good[3:], zengin.ErrRecordKind, 0},
		"a record out of place":  {good[202:], zengin.ErrRecordKind, 0},
	} {
		got, faults := read(c.file)
		if len(got) != c.lines || len(faults) == 0 || !errors.Is(faults[0], c.want) {
			t.Errorf("%s: %d lines, %v, want %d and %v", what, len(got), faults, c.lines, c.want)
		}
	}
}

// FuzzMovements holds that reading ends, and that every line that is read has a day.
func FuzzMovements(f *testing.F) {
	f.Add([]byte(november()))
	f.Add([]byte(november()[:300]))
	f.Add([]byte(header(0) + header(0)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for m, err := range zengin.Movements(bytes.NewReader(raw), day(2026, 12, 1)) {
			if err == nil && !m.BookedOn.IsValid() {
				t.Errorf("%q has a line of no day", raw)
			}
		}
	})
}
