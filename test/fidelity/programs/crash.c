/* Ends by a signal that it causes itself. */
int main(void)
{
	*(volatile int *)16 = 1;
	return 0;
}
