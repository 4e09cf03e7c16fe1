// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the pure parts. They are built into the module by
 * CONFIG_MOCK_ACCEL_KUNIT_TEST=y and need a kernel with KUnit.
 */

#include <kunit/test.h>
#include <linux/string.h>

#include "mock-accel.h"

static int count_words(const char *text)
{
	return mock_accel_count_words(text, strlen(text));
}

static void test_count_words(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, count_words("one\n"), 1);
	KUNIT_EXPECT_EQ(test, count_words("one\ntwo\nthree\n"), 3);
	KUNIT_EXPECT_EQ(test, count_words("one\ntwo"), 2);
	KUNIT_EXPECT_EQ(test, count_words("eightlet\n"), 1);
}

static void test_count_words_refuses(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, count_words(""), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("one\n\ntwo\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("One\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("one two\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("one\r\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("ninelette\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, count_words("caf\xc3\xa9\n"), -EINVAL);
	KUNIT_EXPECT_EQ(test, mock_accel_count_words("one\0two\n", 8), -EINVAL);
}

/* A list that is too long is refused, not cut. */
static void test_count_words_limit(struct kunit *test)
{
	const size_t limit = 65536;
	char *text = kunit_kmalloc(test, 2 * (limit + 1), GFP_KERNEL);
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i <= limit; i++)
		memcpy(text + 2 * i, "a\n", 2);
	KUNIT_EXPECT_EQ(test, mock_accel_count_words(text, 2 * limit), limit);
	KUNIT_EXPECT_EQ(test, mock_accel_count_words(text, 2 * limit + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, mock_accel_count_words(text, 2 * limit + 2),
			-EINVAL);
}

static int check_phrase(const char *phrase)
{
	return mock_accel_check_phrase(phrase, strlen(phrase) + 1);
}

static void test_check_phrase(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c-d"), 7);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c-d-e-f-g-h-i-j-k-l"), 23);
	KUNIT_EXPECT_EQ(test, mock_accel_check_phrase("a-b-c-d\0junk", 12), 7);
}

static void test_check_phrase_refuses(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, check_phrase(""), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c-d-e-f-g-h-i-j-k-l-m"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("-a-b-c-d"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c-d-"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b--c-d"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("a-b-c-D"), -EIO);
	KUNIT_EXPECT_EQ(test, check_phrase("\xff\xff\xff\xff"), -EIO);
	KUNIT_EXPECT_EQ(test, mock_accel_check_phrase("a-b-c-d", 7), -EIO);
	KUNIT_EXPECT_EQ(test, mock_accel_check_phrase("a-b-c-d", 0), -EIO);
}

static void test_length(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, mock_accel_length_ok(0));
	KUNIT_EXPECT_FALSE(test, mock_accel_length_ok(3));
	KUNIT_EXPECT_TRUE(test, mock_accel_length_ok(4));
	KUNIT_EXPECT_TRUE(test, mock_accel_length_ok(12));
	KUNIT_EXPECT_FALSE(test, mock_accel_length_ok(13));
	KUNIT_EXPECT_FALSE(test, mock_accel_length_ok(U32_MAX));
}

static void test_clean_label(struct kunit *test)
{
	char label[] = "NODE1\t\n\x7f\x80\xff-PF";

	mock_accel_clean_label(label);
	KUNIT_EXPECT_STREQ(test, label, "NODE1?????-PF");
}

static void test_format_name(struct kunit *test)
{
	char name[MOCK_ACCEL_NAME_SIZE];

	mock_accel_format_name(name, 0, -1);
	KUNIT_EXPECT_STREQ(test, name, "mock0");
	mock_accel_format_name(name, 3, 0);
	KUNIT_EXPECT_STREQ(test, name, "mock3v0");
	mock_accel_format_name(name, 12, 15);
	KUNIT_EXPECT_STREQ(test, name, "mock12v15");
	mock_accel_format_name(name, INT_MAX, INT_MAX);
	KUNIT_EXPECT_STREQ(test, name, "mock2147483647v2147483647");
}

static struct kunit_case mock_accel_cases[] = {
	KUNIT_CASE(test_count_words),
	KUNIT_CASE(test_count_words_refuses),
	KUNIT_CASE(test_count_words_limit),
	KUNIT_CASE(test_check_phrase),
	KUNIT_CASE(test_check_phrase_refuses),
	KUNIT_CASE(test_length),
	KUNIT_CASE(test_clean_label),
	KUNIT_CASE(test_format_name),
	{}
};

static struct kunit_suite mock_accel_suite = {
	.name = "mock-accel",
	.test_cases = mock_accel_cases,
};

kunit_test_suite(mock_accel_suite);
