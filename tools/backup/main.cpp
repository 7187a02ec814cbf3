#include "backup/backup.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::backup()); }
