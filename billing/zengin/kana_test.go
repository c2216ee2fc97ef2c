package zengin_test

import (
	"errors"
	"testing"

	"homecoming/billing/zengin"
)

func TestNamesAreWrittenInTheLettersOfABankFile(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"タカハシ ユミ":        "ﾀｶﾊｼ ﾕﾐ",
		"たかはし　ゆみ":        "ﾀｶﾊｼ ﾕﾐ",
		"ﾀｶﾊｼ ﾕﾐ":        "ﾀｶﾊｼ ﾕﾐ",
		"ガギグゲゴ":          "ｶﾞｷﾞｸﾞｹﾞｺﾞ",
		"パピプペポ":          "ﾊﾟﾋﾟﾌﾟﾍﾟﾎﾟ",
		"ヴァイオリン":         "ｳﾞｱｲｵﾘﾝ",
		"ショウジ ジュンイチ":     "ｼﾖｳｼﾞ ｼﾞﾕﾝｲﾁ",
		"コーヒー・ハウス":       "ｺ-ﾋ-.ﾊｳｽ",
		"カ゛":             "ｶﾞ",
		"abc Ｓｔｕｄｉｏ ９":   "ABC STUDIO 9",
		"株式会社アオイ":        "ｶ)ｱｵｲ",
		"アオイ株式会社":        "ｱｵｲ(ｶ",
		"アオイ 株式会社 トウキョウ": "ｱｵｲ(ｶ)ﾄｳｷﾖｳ",
		"㈱アオイ":           "ｶ)ｱｵｲ",
		"カブシキガイシャ アオイ":   "ｶ)ｱｵｲ",
		"アオイ（株）":         "ｱｵｲ(ｶ",
		"有限会社サトウ":        "ﾕ)ｻﾄｳ",
		"合同会社ホーム":        "ﾄﾞ)ﾎ-ﾑ",
		"ゼイリシホウジン":       "ｾﾞｲﾘｼﾎｳｼﾞﾝ",
		"税理士法人タカハシ":      "ｾﾞｲ)ﾀｶﾊｼ",
		"ヲガワ":            "ｵｶﾞﾜ",
		"":               "",
	} {
		got, err := zengin.Kana(name)
		if err != nil || got != want {
			t.Errorf("%q becomes %q (%v), want %q", name, got, err, want)
		}
		if again, err := zengin.Kana(got); err != nil || again != got {
			t.Errorf("%q written again is %q (%v)", got, again, err)
		}
	}
}

func TestWhatABankFileCannotCarryIsRefusedAndNotDropped(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"高橋由美", "タカハシ＆サトウ", "タカハシ\x00", "Müller", "😀"} {
		if got, err := zengin.Kana(name); !errors.Is(err, zengin.ErrLetter) {
			t.Errorf("%q becomes %q (%v)", name, got, err)
		}
	}
}

// FuzzKana holds that whatever is accepted stays what it is.
func FuzzKana(f *testing.F) {
	for _, s := range []string{"タカハシ ユミ", "株式会社アオイ", "ガ", "abc(1)", "\\", "高橋"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := zengin.Kana(s)
		if err != nil {
			return
		}
		if twice, err := zengin.Kana(once); err != nil || twice != once {
			t.Errorf("%q becomes %q, then %q (%v)", s, once, twice, err)
		}
	})
}
