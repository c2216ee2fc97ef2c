package billing

import "homecoming/internal/problem"

// noteWords are the notes of the rows that came with the program, as they stand there in English, in Japanese.
var noteWords = map[string]string{
	"2.1 % surtax from 2013":                                                 "2013年からの復興特別所得税2.1％を含む",
	"on the part above the threshold":                                        "基準額を超える部分に適用",
	"yen a payment":                                                          "1回の支払いごと（円）",
	"a treaty may say less":                                                  "租税条約により軽減される場合あり",
	"of the next month, rolled over holidays":                                "翌月。休日の場合は翌営業日",
	"programming, data entry and what is not listed":                         "プログラミング、データ入力など、列挙のない業務",
	"of web pages included":                                                  "ウェブページのデザインを含む",
	"listed professions, management consultants among them":                  "列挙された士業。企業診断員（経営コンサルタント）を含む",
	"judicial scriveners and the like":                                       "司法書士等",
	"food and newspapers":                                                    "飲食料品・新聞",
	"once a statement and rate":                                              "明細書ごと・税率ごとに1回",
	"of the tax in a purchase from an unregistered supplier":                 "登録のない仕入先からの仕入れに含まれる税額に対する割合",
	"taken from the reform outline":                                          "大綱の内容に基づく（成立した法令で要確認）",
	"yen a payee and year, tax included":                                     "支払先ごと・年間（税込・円）",
	"from receipt, receipt being day 1":                                      "受領日を1日目として数える",
	"from the original due day, that day being day 1":                        "元の支払期日を1日目として数える",
	"months, renewals counted":                                               "か月。更新期間を通算",
	"days before the end":                                                    "契約終了日の前（日数）",
	"days of silence after which a statement counts as confirmed, as agreed": "合意により、連絡がなければ確認があったものとする日数",
}

// NoteIn is the row's note: in the reader's language where the row came with the program, as it was written otherwise.
func (r Rule) NoteIn(lang problem.Language) string {
	if ja, known := noteWords[r.Note]; known && r.AddedBy == nil && lang == problem.Japanese {
		return ja
	}
	return r.Note
}
