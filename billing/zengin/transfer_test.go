package zengin_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/civil"
	"pgregory.net/rapid"

	"homecoming/billing/zengin"
)

func day(y int, m time.Month, d int) civil.Date { return civil.Date{Year: y, Month: m, Day: d} }

// aoiPays is a file with two payees.
var aoiPays = zengin.File{
	Header: zengin.Header{Consignor: "1234567890", On: day(2026, 12, 25),
		From: zengin.Account{Bank: "0001", BankName: "ﾐｽﾞﾎ", Branch: "001", BranchName: "ﾄｳｷﾖｳｴｲｷﾞﾖｳﾌﾞ", Kind: zengin.Current, Number: "1234567", Holder: "ｶ)ｱｵｲ"}},
	Transfers: []zengin.Transfer{
		{To: zengin.Account{Bank: "0005", BankName: "ﾐﾂﾋﾞｼUFJ", Branch: "123", BranchName: "ｼﾝｼﾞﾕｸ", Kind: zengin.Ordinary, Number: "7654321", Holder: "ﾀｶﾊｼ ﾕﾐ"},
			Amount: 99_790, First: true, Reference: "00000010420000000001"},
		{To: zengin.Account{Bank: "9900", BankName: "ﾕｳﾁﾖ", Branch: "018", BranchName: "ｾﾞﾛｲﾁﾊﾁ", Kind: zengin.Ordinary, Number: "0000042", Holder: "ｻﾄｳ ｼﾞﾕﾝｲﾁ"},
			Amount: 1, Reference: "00000010430000000002"},
	},
}

// TestTheTransferFileIsWrittenToTheByte holds the writer to the golden file. To write it anew: HOMECOMING_DRAW=1 go test -run Byte
func TestTheTransferFileIsWrittenToTheByte(t *testing.T) {
	t.Parallel()
	got, err := aoiPays.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("HOMECOMING_DRAW") != "" {
		if err := os.WriteFile("testdata/transfer.txt", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/transfer.txt")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the file is\n%q\nwant (%v)\n%q", got, err, want)
	}
	for i, line := range bytes.SplitAfter(got, []byte("\r\n")) {
		if len(line) != 122 && len(line) != 0 {
			t.Errorf("record %d has %d bytes with its line end", i+1, len(line))
		}
	}
}

// TestEveryFieldOfTheTransferFileStandsWhereTheBanksWantIt reads the golden file by hand: positions from the banks' table.
func TestEveryFieldOfTheTransferFileStandsWhereTheBanksWantIt(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/transfer.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(raw), "\r\n")
	for _, f := range []struct {
		line, from, width int
		want              string
	}{
		{0, 1, 1, "1"}, {0, 2, 2, "21"}, {0, 4, 1, "0"}, {0, 5, 10, "1234567890"}, {0, 15, 4, "\xb6)\xb1\xb5"}, {0, 55, 4, "1225"}, {0, 59, 4, "0001"},
		{0, 63, 5, "\xd0\xbd\xde\xce "}, {0, 78, 3, "001"}, {0, 96, 1, "2"}, {0, 97, 7, "1234567"}, {0, 104, 17, strings.Repeat(" ", 17)},
		{1, 1, 1, "2"}, {1, 2, 4, "0005"}, {1, 21, 3, "123"}, {1, 39, 4, "0000"}, {1, 43, 1, "1"}, {1, 44, 7, "7654321"}, {1, 51, 8, "\xc0\xb6\xca\xbc \xd5\xd0 "},
		{1, 81, 10, "0000099790"}, {1, 91, 1, "1"}, {1, 92, 20, "00000010420000000001"}, {1, 112, 1, "7"}, {1, 113, 8, strings.Repeat(" ", 8)},
		{2, 44, 7, "0000042"}, {2, 91, 1, "0"},
		{3, 1, 1, "8"}, {3, 2, 6, "000002"}, {3, 8, 12, "000000099791"}, {3, 20, 101, strings.Repeat(" ", 101)},
		{4, 1, 120, "9" + strings.Repeat(" ", 119)},
	} {
		if got := lines[f.line][f.from-1 : f.from-1+f.width]; got != f.want {
			t.Errorf("record %d, bytes %d to %d: %q, want %q", f.line+1, f.from, f.from+f.width-1, got, f.want)
		}
	}
}

func TestWhatWasWrittenIsReadBack(t *testing.T) {
	t.Parallel()
	digits := func(n int) *rapid.Generator[string] {
		return rapid.StringMatching("[0-9]{" + string(rune('0'+n)) + "}")
	}
	name := func(width int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			letters := rapid.SliceOfN(rapid.SampledFrom([]rune("ｱｲｳﾞﾟABZ0().-¥ ")), 0, width).Draw(t, "letters")
			return strings.TrimRight(string(letters), " ")
		})
	}
	account := func(t *rapid.T, holder int) zengin.Account {
		return zengin.Account{Bank: digits(4).Draw(t, "bank"), BankName: name(15).Draw(t, "bank name"), Branch: digits(3).Draw(t, "branch"),
			BranchName: name(15).Draw(t, "branch name"), Kind: rapid.SampledFrom([]zengin.Kind{zengin.Ordinary, zengin.Current, zengin.Savings, zengin.Other}).Draw(t, "kind"),
			Number: digits(7).Draw(t, "number"), Holder: name(holder).Draw(t, "holder")}
	}
	rapid.Check(t, func(t *rapid.T) {
		today := day(2026, 11, 23)
		f := zengin.File{Header: zengin.Header{Consignor: "0123456789", On: today.AddDays(rapid.IntRange(-100, 100).Draw(t, "days")), From: account(t, 40)}}
		for range rapid.IntRange(0, 5).Draw(t, "transfers") {
			f.Transfers = append(f.Transfers, zengin.Transfer{To: account(t, 30), Amount: rapid.Int64Range(1, 9_999_999_999).Draw(t, "amount"),
				First: rapid.Bool().Draw(t, "first"), Reference: "00000000000000000042"})
		}
		raw, err := f.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range [][]byte{raw, bytes.ReplaceAll(raw, []byte("\r\n"), nil), bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n"))} {
			got, err := zengin.Read(bytes.NewReader(form), today)
			if err != nil || got.Header != f.Header || len(got.Transfers) != len(f.Transfers) {
				t.Fatalf("read back: %+v (%v)", got, err)
			}
			for i := range got.Transfers {
				if got.Transfers[i] != f.Transfers[i] {
					t.Fatalf("read back: %+v, want %+v", got.Transfers[i], f.Transfers[i])
				}
			}
		}
	})
}

func TestAFileThatWasChangedIsRefused(t *testing.T) {
	t.Parallel()
	raw, err := aoiPays.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		file []byte
		want error
	}{
		"an amount":     {bytes.Replace(raw, []byte("0000099790"), []byte("0000099791"), 1), zengin.ErrSum},
		"a record":      {append(append([]byte{}, raw[:122]...), raw[244:]...), zengin.ErrSum},
		"the end":       {raw[:3*122], zengin.ErrRecordShort},
		"the last byte": {raw[:len(raw)-3], zengin.ErrRecordShort},
		"the kind":      {append([]byte("111"), raw[3:]...), zengin.ErrRecordKind},
		"a letter":      {bytes.Replace(raw, []byte("0000099790"), []byte("00000O9790"), 1), zengin.ErrField},
		"everything":    {nil, zengin.ErrRecordShort},
	} {
		if _, err := zengin.Read(bytes.NewReader(c.file), day(2026, 11, 23)); !errors.Is(err, c.want) {
			t.Errorf("with %s changed: %v, want %v", what, err, c.want)
		}
	}
}

func TestWhatHasNoRoomIsRefused(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*zengin.File){
		"an amount":         func(f *zengin.File) { f.Transfers[0].Amount = 10_000_000_000 },
		"a negative amount": func(f *zengin.File) { f.Transfers[0].Amount = -1 },
		"a number":          func(f *zengin.File) { f.Transfers[0].To.Number = "12345678" },
		"a code":            func(f *zengin.File) { f.Transfers[0].To.Bank = "00A5" },
		"a name":            func(f *zengin.File) { f.Transfers[0].To.Holder = "高橋" },
	} {
		f := aoiPays
		f.Transfers = append([]zengin.Transfer{}, aoiPays.Transfers...)
		change(&f)
		if _, err := f.Bytes(); err == nil {
			t.Errorf("%s was written", what)
		}
	}
}

// FuzzRead holds that no file, whatever it is, does more than to be refused, and that what is read can be written.
func FuzzRead(f *testing.F) {
	raw, err := aoiPays.Bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:200])
	f.Add([]byte("1210\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := zengin.Read(bytes.NewReader(raw), day(2026, 11, 23))
		if err != nil {
			return
		}
		if again, err := got.Bytes(); err == nil {
			if _, err := zengin.Read(bytes.NewReader(again), day(2026, 11, 23)); err != nil {
				t.Errorf("%q is written as %q, which cannot be read: %v", raw, again, err)
			}
		}
	})
}
