# What is installed, and where: for `cmake --install` and for the Debian package (packaging/build-deb).
set(home /opt/lectio-monitor)
set(readable OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${readable})
# What is packed has been built: cpack builds nothing, and no tests.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

install(TARGETS ${tools} RUNTIME DESTINATION ${home})
install(CODE "file(MAKE_DIRECTORY \$ENV{DESTDIR}/usr/sbin)
  file(CREATE_LINK ${home}/lectio-monitor-setup \$ENV{DESTDIR}/usr/sbin/lectio-monitor-setup SYMBOLIC)")
install(FILES config.env.example crontab.example DESTINATION ${home})
install(FILES packaging/django/lectio_errors.py DESTINATION ${home}/django)
install(FILES packaging/failure-notifier@.service packaging/lectio-errors.path packaging/lectio-errors.service
  DESTINATION /usr/lib/systemd/system)
install(FILES packaging/tmpfiles.conf DESTINATION /usr/lib/tmpfiles.d RENAME lectio-monitor.conf)
install(FILES packaging/logrotate.conf DESTINATION /etc/logrotate.d RENAME lectio-monitor)
install(DIRECTORY packaging/prometheus packaging/grafana
  DESTINATION /usr/share/doc/lectio-monitor/examples)
string(TIMESTAMP build_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(packaging/deb/changelog.in changelog @ONLY)
install(FILES packaging/deb/copyright DESTINATION /usr/share/doc/lectio-monitor)
install(FILES packaging/deb/lintian-overrides DESTINATION /usr/share/lintian/overrides RENAME lectio-monitor)
install(CODE "execute_process(COMMAND_ERROR_IS_FATAL ANY
  COMMAND gzip -9n INPUT_FILE ${CMAKE_BINARY_DIR}/changelog
  OUTPUT_FILE \$ENV{DESTDIR}/usr/share/doc/lectio-monitor/changelog.gz)")
install(DIRECTORY DESTINATION /var/lib/lectio-monitor
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
install(DIRECTORY DESTINATION /var/log/lectio-monitor
  DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE)
install(CODE "execute_process(COMMAND_ERROR_IS_FATAL ANY
  COMMAND ${CMAKE_SOURCE_DIR}/packaging/man-pages ${CMAKE_BINARY_DIR}/bin \$ENV{DESTDIR}/usr/share/man ${tools})")

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${readable})
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME lectio-monitor)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Lectio Monitor developers <lectio-monitor@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "monitor of one Django site on one server")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Small programs that cron starts to answer one question about one Django site:
does it work right now, for the people who use it? They look at the server and
at the site's pages, log in as a teacher and a student, tell of what is broken
in one Telegram message for each incident, mend what they safely can, make and
prove backups, and deploy with a way back.
.
After the installation nothing runs until it is configured.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "cron | cron-daemon, ca-certificates")
# The children of the tools: pg_dump, pg_restore and psql; git.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql-client, git, logrotate, tzdata")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "")
foreach(file conffiles preinst postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/packaging/deb/${file})
endforeach()
include(CPack)
