package taxonomy_test

import (
	"fmt"

	"homecoming/matching/taxonomy"
)

func Example() {
	index := taxonomy.NewIndex(taxonomy.Starter())

	id, ok := index.Resolve("Ｇｏ言語")
	fmt.Println(id, ok)

	for _, m := range index.Suggest("3月期の連結決算を、英語の資料もふくめてお願いします。", 5) {
		fmt.Println(m.Text, "→", m.ID)
	}

	fmt.Println(index.Ambiguous("PM"))
	// Output:
	// go true
	// 連結決算 → consolidation
	// 英語 → english
	// [product-management project-management]
}
