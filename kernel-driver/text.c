// SPDX-License-Identifier: GPL-2.0-only
/* Pure functions on text; mock-accel-test.c tests them. */

#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "mock-accel.h"

/* More would not be a word list any more. */
#define WORDS_LIMIT	65536

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/**
 * mock_accel_count_words() - parses a word list
 * @text: words of lower-case ASCII letters, each ended by a newline; the last
 *	newline may be missing
 * @len: bytes in @text
 *
 * Return: the number of words, or -EINVAL when the text is no word list.
 */
int mock_accel_count_words(const char *text, size_t len)
{
	size_t letters = 0;
	int words = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (is_letter(text[i])) {
			if (++letters > MOCK_ACCEL_WORD_LETTERS_MAX)
				return -EINVAL;
			continue;
		}
		if (text[i] != '\n' || !letters || ++words > WORDS_LIMIT)
			return -EINVAL;
		letters = 0;
	}
	if (letters)
		words++;
	return words && words <= WORDS_LIMIT ? words : -EINVAL;
}

/**
 * mock_accel_check_phrase() - checks what the device calls a passphrase
 * @phrase: words of lower-case ASCII letters joined by '-', ended by a NUL
 * @size: bytes in @phrase that may be looked at
 *
 * Return: the length without the NUL, or -EIO when it is not a passphrase.
 */
int mock_accel_check_phrase(const char *phrase, size_t size)
{
	size_t len = strnlen(phrase, size);
	u32 words = 1;
	size_t i;

	if (len == size)
		return -EIO;
	for (i = 0; i < len; i++) {
		if (is_letter(phrase[i]))
			continue;
		if (phrase[i] != '-' || i == 0 || !is_letter(phrase[i - 1]))
			return -EIO;
		words++;
	}
	if (!len || !is_letter(phrase[len - 1]) || !mock_accel_length_ok(words))
		return -EIO;
	return len;
}

/**
 * mock_accel_length_ok() - whether a passphrase may have so many words
 * @words: its length
 */
bool mock_accel_length_ok(u32 words)
{
	return words >= MOCK_ACCEL_WORDS_MIN && words <= MOCK_ACCEL_WORDS_MAX;
}

/**
 * mock_accel_clean_label() - makes a label safe to show on one line
 * @label: NUL-terminated; everything but printable ASCII becomes '?'
 */
void mock_accel_clean_label(char *label)
{
	for (; *label; label++)
		if (!isascii(*label) || !isprint(*label))
			*label = '?';
}

/**
 * mock_accel_format_name() - the class name of a function
 * @name: where to put it
 * @index: number of the function, or of a VF's PF
 * @vf_id: number of the VF below its PF, or negative
 */
void mock_accel_format_name(char name[MOCK_ACCEL_NAME_SIZE], int index,
			    int vf_id)
{
	if (vf_id < 0)
		snprintf(name, MOCK_ACCEL_NAME_SIZE, "mock%d", index);
	else
		snprintf(name, MOCK_ACCEL_NAME_SIZE, "mock%dv%d", index, vf_id);
}
